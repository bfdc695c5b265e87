"""AI Platform online predictions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.ai_platform.operators.base import MLEngineOperator
from timberline.ai_platform.operators.found_version import existing_version
from timberline.ai_platform.serving.instances import MOST_INSTANCES, read_instances, v1_answer
from timberline.run.errors import DataError, InputError
from timberline.run.identity import RunIdentity
from timberline.run.transience import brief, is_transient, retried
from timberline.spec.include import read_include

if TYPE_CHECKING:
    from timberline.ai_platform.operators.found_version import FoundVersion


class MLEnginePredictOperator(MLEngineOperator):
    """Requests predictions of a v1 model, as `gcloud ai-platform predict` did.

    Args:
        model_name: (templated) v1's name of the model.
        version_name: (templated) v1's name of the version; None for the default version. On Vertex AI the endpoint
            chooses the version: a version that does not get all requests is an error.
        instances: (templated) the instances, each a JSON value.
        json_instances: (templated) a file with one instance a line instead: `gs://...`, or a path below include/.
        endpoint: (templated) the endpoint's resource name; None for the model's own endpoint.
        most_instances: the largest number of instances.

    Returns v1's answer: `{"predictions": [...]}`.
    """

    template_fields: Sequence[str] = (
        *MLEngineOperator.template_fields, "model_name", "version_name", "instances", "json_instances", "endpoint",
    )  # fmt: skip

    def __init__(
        self,
        *,
        model_name: str,
        version_name: str | None = None,
        instances: Any = None,
        json_instances: str | None = None,
        endpoint: Any = None,
        most_instances: int = MOST_INSTANCES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model_name = model_name
        self.version_name = version_name
        self.instances = instances
        self.json_instances = json_instances
        self.endpoint = endpoint
        self.most_instances = most_instances

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002  a model belongs to no run
        """Request the predictions.

        Raises:
            AiPlatformError: a line of the file is not an instance, or there are too many instances.
            DataError: the model refuses the instances.
            InputError: the model or version does not exist, or another version answers.
            ServiceUnavailable: the endpoint did not answer.
        """
        instances = self._given()
        self.check_place()
        found = existing_version(self.cloud, self.model_name, self.version_name)
        endpoint = str(self.endpoint or found.endpoint)
        self._check_answering(found, endpoint)
        answer = v1_answer(self._asked(endpoint, instances))
        for instance, prediction in zip(instances, answer["predictions"], strict=False):
            self.log.info("%s -> %s", instance, prediction)
        return answer

    def _given(self) -> list[Any]:
        if (self.instances is None) == (self.json_instances is None):
            raise InputError("expected exactly one of instances and json_instances, found both or none")
        if self.json_instances is None:
            return self._inline()
        return read_instances(self._text(self.json_instances), self.json_instances, most_instances=self.most_instances)

    def _inline(self) -> list[Any]:
        if not isinstance(self.instances, list | tuple):
            raise InputError(f"instances: expected a list, found {self.instances!r}")
        if len(self.instances) > self.most_instances:
            raise InputError(
                f"instances: expected at most {self.most_instances}, found {len(self.instances)}; use a batch "
                "prediction, or several tasks"
            )
        return list(self.instances)

    def _text(self, file: str) -> str:
        if not file.startswith("gs://"):
            return read_include(file)

        return self.cloud.storage.read_text(file)

    def _check_answering(self, found: "FoundVersion", endpoint: str) -> None:
        served = found.cloud.endpoints.endpoint(endpoint)
        own = served.deployments_of(found.version.model, found.version.version) if served is not None else []
        share = sum(served.split.get(each, 0) for each in own) if served is not None else 0
        if share < 100:
            raise InputError(
                f"model_name {self.model_name}: expected {found.version.name} to answer for {endpoint}, which gives it "
                f"{share} % of the requests; make it the default version, as Vertex AI has no address of one version"
            )

    def _asked(self, endpoint: str, instances: list[Any]) -> Sequence[object]:
        from google.api_core.exceptions import ClientError

        hook = self.cloud.predictions
        try:
            return retried(lambda: hook.predict(endpoint, instances), endpoint).predictions
        except ClientError as error:
            if is_transient(error):
                raise
            raise DataError(f"{endpoint} refuses the instances: {brief(error)}") from error
