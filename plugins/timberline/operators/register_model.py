"""Registers a retrained model as a version of its segment's model."""

from collections.abc import Sequence
from typing import Any

from timberline.data.datasets.data_set import DataSet
from timberline.evaluation.evaluations import describe, evaluation_body, metric_labels
from timberline.evaluation.metrics import Evaluation
from timberline.operators.links import VertexModelLink
from timberline.operators.step import StepOperator
from timberline.release.ids import model_id, pipeline_labels
from timberline.release.results import Challenger
from timberline.release.versions import VersionRequest
from timberline.run.errors import JobFileError
from timberline.run.identity import RunIdentity
from timberline.run.xcom import single
from timberline.spec.decoding import encode
from timberline.spec.include import read_job_file
from timberline.spec.placeholders import fill


class RegisterModelOperator(StepOperator):
    """Registers one retrained model, or finds the version that this run registered before.

    The version gets the alias `candidate`, its metrics as labels, and an evaluation in Vertex AI's schema for the task.

    Args:
        evaluation: (templated) an `Evaluation` in JSON form, or a list with this element alone.
        job_file: (templated) the job file below include/jobs; its `serving` has the container.
        image_uri: (templated) fills `{{ image_uri }}` in it.
        data_set: the data set that the model was trained on; its task chooses the evaluation's schema.
        model_id: (templated) the model's id; None for the pipeline's own model of the segment.

    Returns:
        A `Challenger` in JSON form.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields, "evaluation", "job_file", "image_uri", "model_id",
    )  # fmt: skip
    operator_extra_links = (VertexModelLink(),)

    def __init__(
        self,
        *,
        evaluation: Any,
        job_file: str,
        image_uri: Any,
        data_set: DataSet,
        model_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model_id = model_id
        self.evaluation = evaluation
        self.job_file = job_file
        self.image_uri = image_uri
        self.data_set = data_set
        self.segment = ""

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Register the version, or find it.

        Raises:
            JobFileError: the job file has no container, or cannot be used.
            InputError: Vertex AI refuses the version.
        """
        evaluation = Evaluation.from_json(single(self.evaluation))
        self.segment = evaluation.segment
        hook = self.cloud.models
        model = self.model_id or model_id(run.dag_id, self.segment)
        request = VersionRequest(
            model_id=model, body=self._body(run, evaluation), run=run, step=self.step, segment=self.segment
        )
        version = hook.register(request)
        hook.import_evaluation(version, evaluation_body(evaluation.metrics, run.run_key, self.data_set.task))
        self.log.info("%s %s: version %s of %s", self.data_set.segment_label, self.segment, version.version, model)
        return Challenger(
            segment=self.segment,
            model=version.model,
            version=version.version,
            artifact_uri=evaluation.model_uri,
            metrics=evaluation.metrics,
        ).to_json()

    def _body(self, run: RunIdentity, evaluation: Evaluation) -> dict[str, Any]:
        return {
            "displayName": f"{run.dag_id} {self.data_set.segment_label} {self.segment}",
            "versionDescription": describe(evaluation.metrics, run.run_key),
            "artifactUri": evaluation.model_uri,
            "containerSpec": self._container_spec(),
            "labels": pipeline_labels(run.dag_id) | metric_labels(evaluation.metrics),
        }

    def _container_spec(self) -> dict[str, Any]:
        spec = read_job_file(self.job_file).serving
        if spec is None:
            raise JobFileError(
                f"{self.job_file}: serving: expected the container that answers predictions, found none; add it"
            )
        texts = {"image_uri": str(self.image_uri), "segment": self.segment}
        found: dict[str, Any] = encode(fill(spec.container_spec, texts, self.job_file))
        return found
