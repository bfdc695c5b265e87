"""AI Platform batch predictions."""

from collections.abc import Mapping, Sequence
from typing import Any

from timberline.ai_platform.operators.found_version import existing_version
from timberline.ai_platform.operators.jobs import MLEngineJobOperator
from timberline.jobs.remote import JobKind
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity


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
