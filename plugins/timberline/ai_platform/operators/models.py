"""AI Platform models: on Vertex AI a model with versions is an endpoint and a model."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.ai_platform.operators.base import MLEngineOperator, read_flag, skip_unless_passed
from timberline.release.ids import Serving, endpoint_id, pipeline_labels, read_serving
from timberline.run.errors import InputError
from timberline.run.identity import ALL_SEGMENTS, RunIdentity, label_value

if TYPE_CHECKING:
    from timberline.ai_platform.serving.models import ModelTranslation
    from timberline.release.endpoint_state import ServedEndpoint

MODEL_LABEL = "ai-platform-model"
_LOGGING_LABELS = {
    "onlinePredictionLogging": "online-prediction-logging",
    "onlinePredictionConsoleLogging": "online-prediction-console-logging",
}


class MLEngineCreateModelOperator(MLEngineOperator):
    """Creates the endpoint of a v1 model, unless it exists.

    Args:
        model: (templated) a v1 Model.
        decision: (templated) a gate's `Decision` in JSON form: the task is skipped unless it passed; None for no gate.
        serving: (templated) `endpoint` for a permanent endpoint, `ephemeral` for an endpoint of the run, which
            `CleanupRunOperator` deletes.

    Returns the v1 Model with the additional key `endpoint`: the name of the Vertex AI endpoint.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "model", "decision", "serving")

    def __init__(
        self, *, model: Mapping[str, Any], decision: Any = None, serving: str = Serving.ENDPOINT.value, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.decision = decision
        self.serving = serving

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Create the endpoint.

        Raises:
            AirflowSkipException: the version did not pass the gate.
            AiPlatformError: the body is wrong.
            InputError: Vertex AI refuses the endpoint.
        """
        from timberline.ai_platform.serving.models import translate_model

        skip_unless_passed(self.decision)
        translation = translate_model(self.model)
        self.check_place(translation.region if self.model.get("regions") else None)
        settings = self.cloud.settings
        self.log_notes(translation.notes)
        labels = {**translation.endpoint.get("labels", {}), **_labels(self.model), **pipeline_labels(run.dag_id)}
        chosen = translation.id
        if read_serving(str(self.serving)) is Serving.EPHEMERAL:
            chosen = endpoint_id(run, ALL_SEGMENTS, Serving.EPHEMERAL)
            labels |= run.labels(self.step, ALL_SEGMENTS)
        hook = self.cloud.endpoints
        made = hook.ensure_endpoint(chosen, translation.name, labels, translation.endpoint.get("description", ""))
        self.log.info("model %s: %s", translation.name, made.name)
        body = {key: self.model[key] for key in ("description", "labels") if self.model.get(key)}
        name = f"projects/{settings.project}/models/{translation.name}"
        return {"name": name, "regions": [settings.region], **body, "endpoint": made.name}


class MLEngineDeleteModelOperator(MLEngineOperator):
    """Deletes a v1 model, that is the endpoint and the Vertex AI model with its versions, as far as they exist.

    Args:
        model_name: (templated) v1's name.
        delete_contents: whether versions are deleted too; otherwise a model with versions is refused.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "model_name", "delete_contents")

    def __init__(self, *, model_name: str, delete_contents: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_name = model_name
        self.delete_contents = delete_contents

    def work(self, run: RunIdentity) -> None:  # noqa: ARG002  a model belongs to no run
        """Delete the model.

        Raises:
            InputError: the model has versions, and `delete_contents` is not set.
            ServiceUnavailable: the service did not answer.
        """
        from timberline.ai_platform.serving.resource_names import check_name, resource_id

        self.check_place()
        with_versions = read_flag(self.delete_contents, "delete_contents")
        chosen = resource_id(check_name(self.model_name, "model_name"))
        models = self.cloud.models
        versions = models.versions(models.model_name(chosen))
        if versions and not with_versions:
            raise InputError(
                f"model_name {self.model_name}: expected a model without versions, found {len(versions)}; delete them "
                "first, or set delete_contents"
            )
        serving = self.cloud.endpoints
        serving.delete_endpoint(serving.endpoint_name(chosen))
        if versions:
            models.delete_model(models.model_name(chosen))


def model_of(name: str, served: "ServedEndpoint | None", region: str) -> "ModelTranslation":
    """Return a v1 model from its name and its endpoint, whose labels hold further fields of the model's body.

    Raises:
        AiPlatformError: the name is invalid.
        InputError: the model has no endpoint.
    """
    from timberline.ai_platform.serving.models import translate_model

    if served is None:
        raise InputError(f"model_name: expected a model that exists, found {name!r}; create it first")
    logging = {field: True for field, label in _LOGGING_LABELS.items() if served.labels.get(label) == "true"}
    return translate_model({"name": name, "regions": [region], **logging}, path="model_name")


def _labels(model: Mapping[str, Any]) -> dict[str, str]:
    logging = {label: "true" for field, label in _LOGGING_LABELS.items() if model.get(field)}
    return {MODEL_LABEL: label_value(str(model.get("name"))), **logging}
