"""New models, and new versions of models."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, already_exists, invalid_argument
from localgcp.core.http import messages
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation, Operations
from localgcp.services.vertex.models.artifacts import Artifacts
from localgcp.services.vertex.models.changes import merged_aliases, new_version
from localgcp.services.vertex.models.records import ModelRecords
from localgcp.services.vertex.models.resources import DEFAULT, ModelName, RegisteredModel, Resource
from localgcp.services.vertex.models.validation import check_upload
from localgcp.services.vertex.operations import TYPE, operation_metadata


class Uploads:
    """Carries out `models.upload`."""

    def __init__(self, records: ModelRecords, artifacts: Artifacts, operations: Operations) -> None:
        self._records = records
        self._artifacts = artifacts
        self._operations = operations

    def upload(self, parent: str, raw: Mapping[str, Any], *, pipeline: str = "") -> Operation:
        """Register a model, or a version of one, and return the completed operation.

        Args:
            pipeline: the training pipeline that uploads the model; empty for a client.

        Raises:
            ApiError: 400 for a model that Vertex AI would refuse, 404 for the parent model, 409 for a taken id.
        """
        request = messages.parse("UploadModelRequest", raw)
        check_upload(request)
        asked = request["model"]
        with self._records.state.lock:
            model = self._parent_model(parent, request) or self._new_model(parent, request)
            operation = self._operations.create(model.name, operation_metadata("UploadModelOperationMetadata"))
            try:
                version_id = self._add_version(model, asked, pipeline)
            except ApiError as error:
                return self._operations.fail(operation["name"], error)
        response = {"@type": f"{TYPE}.UploadModelResponse", "model": model.name, "modelVersionId": version_id}
        return self._operations.succeed(operation["name"], response)

    def _parent_model(self, parent: str, request: Resource) -> RegisteredModel | None:
        """Return the model that gets a new version; None if the upload creates a model."""
        if not request.get("parentModel"):
            return None
        name = ModelName.parse(request["parentModel"])
        self._records.version_id(name)
        if name.parent != parent:
            raise invalid_argument(f"parent_model: {name.model} is not in {parent}, where the version is uploaded to.")
        if request.get("modelId", name.id) != name.id:
            raise invalid_argument(
                f"model_id: a version of {name.model} has no id of its own, and {request['modelId']} was asked for."
                " Leave it out."
            )
        return self._records.model(name.model)

    def _new_model(self, parent: str, request: Resource) -> RegisteredModel:
        """Return a new model without versions, which is not stored yet."""
        name = f"{parent}/models/{request.get('modelId') or uuid4().int >> 66}"
        if name in self._records:
            raise already_exists(
                f"The Model {name} already exists. Upload a version of it with parent_model, or take another model_id."
            )
        asked, time = request["model"], CLOCK.text()
        return RegisteredModel(
            name=name, display_name=asked["displayName"], description=asked.get("description", ""), create_time=time,
            update_time=time,
        )  # fmt: skip

    def _add_version(self, model: RegisteredModel, asked: Resource, pipeline: str) -> str:
        version_id = str(model.last_version + 1)
        self._artifacts.copy(asked, f"{model.name}@{version_id}")
        aliases = [*asked.get("versionAliases", []), *([] if model.aliases else [DEFAULT])]
        time = CLOCK.text()
        changed = model.changed(
            time, last_version=model.last_version + 1, aliases=merged_aliases(model, version_id, aliases)
        )
        made_by = {"trainingPipeline": pipeline} if pipeline else {}
        self._records.put(changed, new_version(asked, version_id, time) | made_by)
        return version_id
