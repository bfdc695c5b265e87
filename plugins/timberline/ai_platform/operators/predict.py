"""AI Platform predictions, online and in batches."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.ai_platform.operators.base import MLEngineOperator
from timberline.ai_platform.operators.found_version import existing_version
from timberline.ai_platform.operators.jobs import MLEngineJobOperator
from timberline.ai_platform.serving.instances import MOST_INSTANCES, read_instances, v1_answer
from timberline.jobs.remote import JobKind
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


class MLEngineStartBatchPredictionJobOperator(MLEngineJobOperator):
    """Runs a v1 batch prediction as a batch prediction job of Vertex AI.

    Args:
        data_format: (templated) v1's format of the instances: JSON, TEXT, TF_RECORD, TF_RECORD_GZIP or CSV.
        input_paths: (templated) `gs://` paths of the instances, with or without a `*`.
        output_path: (templated) `gs://` folder, below which the job creates its own folder.
        model_name, version_name: (templated) v1's names; without a version the default version predicts.
        uri: (templated) the directory of a SavedModel, in place of a model.
        max_worker_count, runtime_version, signature_name, labels: (templated) as on AI Platform.
        job_id, wait_for_completion and the like: as in `MLEngineJobOperator`.

    Returns v1's `predictionOutput`, or a `JobRef` in JSON form if the task does not wait.
    """

    template_fields: Sequence[str] = (
        *MLEngineJobOperator.template_fields,
        "data_format", "input_paths", "output_path", "model_name", "version_name", "uri", "max_worker_count",
        "runtime_version", "signature_name", "labels",
    )  # fmt: skip

    def __init__(
        self,
        *,
        data_format: str,
        input_paths: Any,
        output_path: str,
        model_name: str | None = None,
        version_name: str | None = None,
        uri: str | None = None,
        max_worker_count: int | str | None = None,
        runtime_version: str | None = None,
        signature_name: str | None = None,
        labels: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format
        self.input_paths = input_paths
        self.output_path = output_path
        self.model_name = model_name
        self.version_name = version_name
        self.uri = uri
        self.max_worker_count = max_worker_count
        self.runtime_version = runtime_version
        self.signature_name = signature_name
        self.labels = labels

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Translate the job, submit it, and wait for its end.

        Raises:
            AiPlatformError: a value is wrong, or has no equivalent on Vertex AI.
            InputError: the model or version does not exist, or another run has the id.
            JobsFailed: the job failed, or the deadline passed.
        """
        from timberline.ai_platform.hook import AiPlatformJobs
        from timberline.ai_platform.notes import Notes
        from timberline.ai_platform.serving.batch_prediction import translate_prediction
        from timberline.ai_platform.serving.predicting_models import predicting_model
        from timberline.ai_platform.translate.labels import translate_labels

        self.check_place()
        settings = self.cloud.settings
        body = self._v1_body(settings.project, settings.region)
        asked = predicting_model(body)
        model = None
        if asked.model is not None:
            model = existing_version(self.cloud, asked.model, asked.version).version.name
        translation = translate_prediction(body, job_id=self.v1_job_id, model=model)
        notes = Notes()
        labels = translate_labels(self.labels or {}, notes) | translation.body["labels"]
        self.log_notes((*translation.notes, *notes))
        ref = self.done(run, JobKind.BATCH, {**translation.body, "labels": labels})
        if not self.wait_for_completion:
            return ref.to_json()
        hook = AiPlatformJobs(self.cloud.vertex_jobs)
        output: dict[str, Any] = hook.v1_job(self.v1_job_id)["predictionOutput"]
        return output

    def _v1_body(self, project: str, region: str) -> dict[str, Any]:
        fields = {
            "dataFormat": self.data_format,
            "inputPaths": [self.input_paths] if isinstance(self.input_paths, str) else self.input_paths,
            "outputPath": self.output_path,
            "region": region,
            "uri": self.uri,
            "maxWorkerCount": None if self.max_worker_count is None else str(self.max_worker_count),
            "runtimeVersion": self.runtime_version,
            "signatureName": self.signature_name,
        }
        if self.version_name and not self.model_name:
            raise InputError(f"version_name {self.version_name}: expected a model_name too, found none")
        if self.model_name:
            name = f"projects/{project}/models/{self.model_name}"
            if self.version_name:
                fields["versionName"] = f"{name}/versions/{self.version_name}"
            else:
                fields["modelName"] = name
        return {key: value for key, value in fields.items() if value is not None}
