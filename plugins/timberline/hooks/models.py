"""The Vertex AI model registry: versions registered once, aliases, evaluations, deletion."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.hooks.operations import settled_operation
from timberline.hooks.vertex import CALL_TIMEOUT_S, PAGE_SIZE, VertexHook, labels_filter, refusals
from timberline.hooks.vertex_messages import read_version
from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS
from timberline.release.versions import Version, VersionRequest, survivor
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.transience import brief, is_transient, pauses

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import ModelServiceClient

_log = getLogger(__name__)
_OPERATION_S = 900.0  # an upload copies the model artefact


class ModelsHook(VertexHook):
    """The registered models of one project and region."""

    @cached_property
    def client(self) -> "ModelServiceClient":
        """Google's client, over REST."""
        from google.cloud.aiplatform_v1 import ModelServiceClient

        return self._make_client(ModelServiceClient)

    def model_name(self, model_id: str) -> str:
        """Return the resource name of a model."""
        return f"{self.parent}/models/{model_id}"

    def register(self, request: VersionRequest) -> Version:
        """Return the one version that stands for a request, registered as the challenger unless it exists.

        Uploading is not idempotent on Vertex AI. So the version is looked up by its labels before the upload and after
        it: after a lost answer that finds the version, and of two racing uploads the older version stays.

        Raises:
            InputError: the service refuses the version.
            ServiceUnavailable: the service did not answer.
        """
        if adopted := self._settle(request):
            _log.info("%s %s: %s exists", request.step, request.segment, adopted.name)
            return adopted
        for pause in pauses():
            if not self._upload(request):
                self._sleep(pause)
            if settled := self._settle(request):
                return settled
        raise ServiceUnavailable(
            f"{request.step} {request.segment}: Vertex AI did not answer the upload; try again later"
        )

    def find(self, model: str, labels: Mapping[str, str]) -> list[Version]:
        """Return the versions of a model that carry all these labels, the oldest first; none without the model.

        Args:
            model: the model's resource name.
            labels: e.g. those of a run, a step and a segment.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import NotFound

        page = {"name": model, "filter": labels_filter(labels), "page_size": PAGE_SIZE}
        try:
            messages = self._called(lambda **call: list(self.client.list_model_versions(**call)), model, request=page)
        except NotFound:
            return []
        found = [read_version(message, model) for message in messages]
        return sorted(found, key=lambda version: (version.created_s, len(version.version), version.version))

    def versions(self, model: str) -> list[Version]:
        """Return all versions of a model, the oldest first; none if the model does not exist.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        return self.find(model, {})

    def version(self, model: str, version: str) -> Version | None:
        """Return a version by its id or an alias, or None if the version or the model does not exist.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import NotFound

        name = f"{model}@{version}"
        try:
            return read_version(self._called(self.client.get_model, name, name=name), model)
        except NotFound:
            return None

    def champion(self, model: str) -> Version | None:
        """Return the version in service, or None without such a version.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        return self.version(model, CHAMPION_ALIAS)

    def move_aliases(self, model: str, version: str, aliases: Iterable[str]) -> Version:
        """Move aliases to a version from whichever versions have them, in one call.

        Args:
            model: the model's resource name.
            version: the version's id.
            aliases: the aliases to move; a leading `-` removes an alias, as in `-candidate`.

        Raises:
            InputError: the version does not exist, or the service refuses an alias.
            ServiceUnavailable: the service did not answer.
        """
        wanted, name = tuple(aliases), f"{model}@{version}"
        found = self.version(model, version)
        if found is None:
            raise InputError(f"{name} does not exist any more; clear the task that registers it")
        changes = [alias for alias in wanted if (alias.removeprefix("-") in found.aliases) == alias.startswith("-")]
        if not changes:
            return found
        merge = self.client.merge_version_aliases
        moved = read_version(self._accepted(merge, f"{name}: aliases", name=name, version_aliases=changes), model)
        _log.info("%s: aliases %s", name, ", ".join(moved.aliases) or "none")
        return moved

    def import_evaluation(self, version: Version, body: Mapping[str, Any]) -> None:
        """Add an evaluation to a version, unless the version has an evaluation with the same display name.

        Args:
            version: the version.
            body: a ModelEvaluation in Google's JSON form.

        Raises:
            InputError: the service refuses it.
            ServiceUnavailable: the service did not answer.
        """
        from google.cloud.aiplatform_v1 import ModelEvaluation
        from google.protobuf.json_format import ParseDict

        message = ModelEvaluation()
        ParseDict(dict(body), ModelEvaluation.pb(message))
        for pause in pauses():
            if message.display_name in self._evaluations(version):
                return
            arguments = {"parent": version.name, "model_evaluation": message}
            if not self._attempted(self.client.import_model_evaluation, f"{version.name}: evaluation", **arguments):
                self._sleep(pause)
        raise ServiceUnavailable(f"{version.name}: the evaluation is not listed; try again later")

    def delete_version(self, version: Version) -> None:
        """Delete a version if it exists.

        Raises:
            InputError: the service refuses, as the version is deployed or is the default version.
            ServiceUnavailable: the service did not answer.
        """
        self._delete(self.client.delete_model_version, version.name)

    def delete_model(self, model: str) -> None:
        """Delete a model with all its versions if it exists.

        Raises:
            InputError: the service refuses, as a version is deployed.
            ServiceUnavailable: the service did not answer.
        """
        self._delete(self.client.delete_model, model)

    def _settle(self, request: VersionRequest) -> Version | None:
        """Return the version that all racing uploads agree on, or None without a version; delete the other versions."""
        model = self.model_name(request.model_id)
        found = self.find(model, request.labels)
        kept = survivor(found)
        if kept is None:
            return None
        for each in found:
            if each != kept:
                self._delete_second(each, kept)
        # A repeated run may find its version promoted: the version in service does not become a challenger again.
        return (
            kept
            if kept.is_champion or kept.is_challenger
            else self.move_aliases(model, kept.version, [CHALLENGER_ALIAS])
        )

    def _delete_second(self, version: Version, kept: Version) -> None:
        _log.warning("%s is a second version of the same model artefact; deleted, %s stays", version.name, kept.version)
        try:
            self.delete_version(version)
        except InputError as error:  # the version is in use: two versions are better than none
            _log.warning("%s", error)

    def _upload(self, request: VersionRequest) -> bool:
        """Upload a version, and return whether the upload succeeded; after a lost answer the version may exist.

        Raises:
            InputError: the service refuses the version.
        """
        from google.cloud.aiplatform_v1 import Model
        from google.protobuf.json_format import ParseDict

        model = self.model_name(request.model_id)
        message = Model()
        labels = {**request.body.get("labels", {}), **request.labels}
        body = {**request.body, "labels": labels, "versionAliases": [CHALLENGER_ALIAS]}
        ParseDict(body, Model.pb(message))
        is_first = self.version(model, "default") is None
        place = {"model_id": request.model_id} if is_first else {"parent_model": model}
        what = f"{request.step} {request.segment}"
        upload = {"request": {"parent": self.parent, "model": message, **place}}
        if not (started := self._attempted(self.client.upload_model, what, **upload)):
            return False
        status = settled_operation(self.client, started.operation.name, patience_s=_OPERATION_S, sleep=self._sleep)
        if status.error is None or status.may_pass:
            return status.error is None
        if is_first and self.version(model, "default") is not None:
            return False  # another upload created the model meanwhile
        raise InputError(f"{what}: Vertex AI refuses the model: {status.error}")

    def _evaluations(self, version: Version) -> list[str]:
        page = {"parent": version.name, "page_size": PAGE_SIZE}
        found = self._called(
            lambda **call: list(self.client.list_model_evaluations(**call)), version.name, request=page
        )
        return [each.display_name for each in found]

    def _delete(self, call: Callable[..., Any], name: str) -> None:
        from google.api_core.exceptions import NotFound

        try:
            started = self._accepted(call, f"deleting {name}", name=name)
        except NotFound:
            return
        status = settled_operation(self.client, started.operation.name, patience_s=_OPERATION_S, sleep=self._sleep)
        if status.may_pass:
            raise ServiceUnavailable(f"deleting {name}: {status.error}; try again later")
        if status.error is not None:
            raise InputError(f"deleting {name}: Vertex AI refuses: {status.error}")
        _log.info("deleted %s", name)

    def _attempted(self, call: Callable[..., Any], what: str, **arguments: Any) -> Any:
        """Return the result of one call, or None after a lost answer or a conflict with another call.

        Raises:
            InputError: the service refuses the request.
        """
        from google.api_core.exceptions import Conflict

        try:
            with refusals(f"{what}: Vertex AI refuses", passing=(Conflict,)):
                return call(**arguments, timeout=CALL_TIMEOUT_S, retry=None)
        except Exception as error:
            if isinstance(error, Conflict) or is_transient(error):
                _log.warning("%s: %s; checking again", what, brief(error))
                return None
            raise

    def _accepted(self, call: Callable[..., Any], what: str, **arguments: Any) -> Any:
        """Return the result of a call that may be made twice.

        Raises:
            InputError: the service refuses the request.
        """
        from google.api_core.exceptions import NotFound

        with refusals(f"{what}: Vertex AI refuses", passing=(NotFound,)):
            return self._called(call, what, **arguments)
