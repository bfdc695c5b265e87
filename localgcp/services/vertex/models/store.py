"""The model registry: models with their versions and aliases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localgcp.core.conventions.errors import aborted, failed_precondition, invalid_argument
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.masks import masked
from localgcp.core.conventions.ordering import ordered
from localgcp.core.conventions.paging import page
from localgcp.core.conventions.problems import REQUIRED, refuse
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.models.artifacts import Artifacts
from localgcp.services.vertex.models.changes import Patch, merged_aliases
from localgcp.services.vertex.models.evaluations import Evaluations
from localgcp.services.vertex.models.records import ModelRecords
from localgcp.services.vertex.models.resources import DEFAULT, ModelName, RegisteredModel, Resource
from localgcp.services.vertex.models.uploads import Uploads
from localgcp.services.vertex.models.validation import check_aliases
from localgcp.services.vertex.operations import EMPTY, operation_metadata

Query = Mapping[str, str | None]
DeployedOn = Callable[[str], Sequence[Resource]]

_LARGEST_PAGE = 1000
_MODEL_ORDER = {name: name for name in ("displayName", "createTime", "updateTime")}
_VERSION_ORDER = {"createTime": "versionCreateTime", "updateTime": "versionUpdateTime"}


class ModelStore:
    """The models of all projects and locations.

    Attributes:
        evaluations: the imported evaluations of all models.
        deployed_on: returns the DeployedModelRefs (`endpoint`, `deployedModelId`) of a version named
            `.../models/ID@VERSION`; `endpoints` sets it.
    """

    def __init__(self, context: Context, storage: StorageStore) -> None:
        self.operations = context.operations
        self.deployed_on: DeployedOn = lambda _name: ()
        self._lock = context.state.lock
        self._artifacts = Artifacts(storage)
        self._records = ModelRecords(state=context.state)
        self.evaluations = Evaluations(self._records)
        self._uploads = Uploads(self._records, self._artifacts, self.operations)

    def resolve(self, name: str) -> Resource:
        """Return the Model of the version that a name means; its own name has `@VERSION`.

        Args:
            name: `projects/p/locations/l/models/ID`, with `@VERSION` or `@ALIAS` for a version other than the default.

        Raises:
            ApiError: 404; 400 for a text that is not the name of a model.
        """
        return self._deployed(self._view(ModelName.parse(name), is_versioned=True))

    def storage_uri(self, name: str) -> str:
        """Return the folder of a version's copied artifacts: `gs://...`, or empty if it has no artifacts.

        Raises:
            ApiError: 404.
        """
        found = self.resolve(name)
        return self._artifacts.uri(found["name"]) if "artifactUri" in found else ""

    def get(self, name: str) -> Resource:
        """Return the Model of a version; its name has `@VERSION` if the request named a version.

        Raises:
            ApiError: 404.
        """
        parsed = ModelName.parse(name)
        return self._deployed(self._view(parsed, is_versioned=parsed.names_version))

    def upload(self, parent: str, raw: Mapping[str, Any], *, pipeline: str = "") -> Operation:
        """Register a model, or a version of one, and return the completed operation; see `Uploads`."""
        return self._uploads.upload(parent, raw, pipeline=pipeline)

    def uploaded_by(self, pipeline: str) -> Resource | None:
        """Return the version that a training pipeline has uploaded, or None before its upload."""
        parent = "/".join(pipeline.split("/")[:4])
        for model in self._records.models(parent):
            for version in self._records.versions(model.name):
                if version.get("trainingPipeline") == pipeline:
                    return model.to_api(version, is_versioned=False)
        return None

    def list_models(self, parent: str, query: Query) -> Resource:
        """Return one page of the models of a location, each as its default version, newest first.

        Args:
            query: `filter`, `orderBy`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter, an order or a token that is not well formed.
        """
        matches = compile_filter(query.get("filter") or "", fields=("model", "displayName", "labels"))
        views = [
            view
            for model in reversed(self._records.models(parent))
            if matches((view := self._model_view(model)) | {"model": model.name.rpartition("/")[2]})
        ]
        return self._page(ordered(views, query.get("orderBy") or "", fields=_MODEL_ORDER), query)

    def list_versions(self, name: str, query: Query) -> Resource:
        """Return one page of the versions of a model, oldest first.

        Args:
            query: see `list_models`.

        Raises:
            ApiError: 404; 400 for a filter, an order or a token that is not well formed.
        """
        model = self._records.model(ModelName.parse(name).model)
        matches = compile_filter(query.get("filter") or "", fields=("labels",))
        views = [model.to_api(version, is_versioned=True) for version in self._records.versions(model.name)]
        found = [view for view in views if matches(view)]
        return self._page(ordered(found, query.get("orderBy") or "", fields=_VERSION_ORDER), query)

    def patch(self, name: str, raw: Mapping[str, Any], mask: str) -> Resource:
        """Change the fields that the mask names, of a model or, under a name with `@VERSION`, of a version.

        Raises:
            ApiError: 404; 400 for a field that cannot be changed; 409 for an outdated etag.
        """
        parsed = ModelName.parse(name)
        body = messages.parse("Model", raw)
        with self._lock:
            version_id = self._records.version_id(parsed)
            model = self._records.model(parsed.model)
            if body.get("etag", model.etag) != model.etag:
                raise aborted(f"The Model {name} has changed since it was read. Read it again, then update it.")
            patch, time = Patch.read(parsed, body, mask), CLOCK.text()
            version = self._records.version(model.name, version_id) | patch.of_version | {"versionUpdateTime": time}
            self._records.put(model.changed(time, **patch.of_model), version if patch.of_version else None)
        return self.get(name)

    def merge_aliases(self, name: str, raw: Mapping[str, Any]) -> Resource:
        """Give aliases to a version, or remove them (`-alias`), and return the version.

        Raises:
            ApiError: 404; 400 for an alias that is not well formed, or if `default` would be left without a version.
        """
        changes = messages.parse("MergeVersionAliasesRequest", raw).get("versionAliases", [])
        refuse([] if changes else [("version_aliases", REQUIRED)])
        check_aliases([change.removeprefix("-") for change in changes], "version_aliases")
        with self._lock:
            model, version_id = self._explicit(name, "mergeVersionAliases")
            self._records.put(model.changed(CLOCK.text(), aliases=merged_aliases(model, version_id, changes)))
        return self.resolve(f"{model.name}@{version_id}")

    def delete(self, name: str) -> Operation:
        """Remove a model with its versions and evaluations, and return the completed operation.

        Raises:
            ApiError: 404; 400 for a version's name, and for a model that is deployed.
        """
        parsed = ModelName.parse(name)
        if parsed.suffix:
            raise invalid_argument(
                f"{name} names a version. Delete it with deleteVersion, or name the model: {parsed.model}."
            )
        with self._lock:
            names = [
                parsed.version(version["versionId"])
                for version in self._records.versions(self._records.model(name).name)
            ]
            self._check_undeployed(names)
            self._records.remove(name)
            for version in names:
                self._drop(version)
        return self._deleted(parsed.model)

    def delete_version(self, name: str) -> Operation:
        """Remove a version with its aliases and evaluations, and return the completed operation.

        Raises:
            ApiError: 404; 400 for a version that is deployed, the default version, or the only version.
        """
        with self._lock:
            model, version_id = self._explicit(name, "deleteVersion")
            version = f"{model.name}@{version_id}"
            self._check_undeployed([version])
            _check_deletable(model, version_id, count=len(self._records.versions(model.name)))
            aliases = {alias: holder for alias, holder in model.aliases.items() if holder != version_id}
            self._records.put(model.changed(CLOCK.text(), aliases=aliases))
            self._records.remove_version(model.name, version_id)
            self._drop(version)
        return self._deleted(model.name)

    def _explicit(self, name: str, method: str) -> tuple[RegisteredModel, str]:
        """Return the model and the version of a name that must name a version."""
        parsed = ModelName.parse(name)
        if not parsed.names_version:
            raise invalid_argument(f"{method} needs the name of a version, {parsed.model}@VERSION, and got {name}.")
        version_id = self._records.version_id(parsed)
        return self._records.model(parsed.model), version_id

    def _check_undeployed(self, versions: Sequence[str]) -> None:
        for version in versions:
            for place in self.deployed_on(version):
                raise failed_precondition(
                    f"The Model {version} is deployed on {place['endpoint']}, as deployed model"
                    f" {place['deployedModelId']}. Undeploy it there first."
                )

    def _drop(self, version: str) -> None:
        self.evaluations.delete(version)
        self._artifacts.delete(version)

    def _view(self, name: ModelName, *, is_versioned: bool) -> Resource:
        version_id = self._records.version_id(name)
        return self._records.model(name.model).to_api(
            self._records.version(name.model, version_id), is_versioned=is_versioned
        )

    def _model_view(self, model: RegisteredModel) -> Resource:
        return model.to_api(self._records.version(model.name, model.default_version), is_versioned=False)

    def _deployed(self, view: Resource) -> Resource:
        """Return a Model with the endpoints on which it is deployed."""
        places = self.deployed_on(f"{view['name'].partition('@')[0]}@{view['versionId']}")
        return view | ({"deployedModels": list(places)} if places else {})

    def _page(self, views: Sequence[Resource], query: Query) -> Resource:
        items, token = page(views, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
        answer: Resource = {"models": [masked(self._deployed(view), query.get("readMask") or "") for view in items]}
        return answer | ({"nextPageToken": token} if token else {})

    def _deleted(self, model: str) -> Operation:
        return self.operations.completed(model, operation_metadata("DeleteOperationMetadata"), EMPTY)


def _check_deletable(model: RegisteredModel, version_id: str, *, count: int) -> None:
    if count == 1:
        raise failed_precondition(
            f"{model.name}@{version_id} is the only version of its model, and a model always has one. Delete the model"
            " instead."
        )
    if model.default_version == version_id:
        raise failed_precondition(
            f"{model.name}@{version_id} is the default version of its model. Give the alias {DEFAULT} to another"
            " version with mergeVersionAliases, and delete it then."
        )
