"""Reads the metrics of the trained models on the test split, which no trial has seen."""

from collections.abc import Sequence
from typing import Any

from timberline.evaluation.metrics import Evaluation, read_metrics
from timberline.jobs.remote import JobRef
from timberline.operators.step import StepOperator
from timberline.run.compat import all_results
from timberline.run.identity import RunIdentity


class EvaluateOperator(StepOperator):
    """Returns the test metrics of each training job, from the `metrics.json` beside its model.

    Args:
        jobs: (templated) finished training jobs: `JobRef`s in JSON form.
        split: (templated) the split whose metrics are taken.
        segment_label: (templated) what messages call a segment.

    Returns:
        An `Evaluation` per job, in JSON form.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "jobs", "split", "segment_label")

    def __init__(self, *, jobs: Any, split: str = "test", segment_label: str = "segment", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.jobs = jobs
        self.split = split
        self.segment_label = segment_label

    def work(self, run: RunIdentity) -> list[dict[str, Any]]:
        """Read the metrics of each job.

        Raises:
            DataError: a job wrote no metrics, or none of the split.
        """
        settings = self.cloud.settings
        storage = self.cloud.storage
        found = []
        for ref in map(JobRef.from_json, all_results(self.jobs)):
            model_uri = f"{run.step_uri(settings.bucket, ref.step, ref.segment)}/model"
            uri = f"{model_uri}/metrics.json"
            document = storage.read_json(uri)
            evaluation = Evaluation(
                segment=ref.segment,
                model_uri=model_uri,
                metrics=read_metrics(document, self.split, uri),
                timings=document.get("timings", {}),
            )
            shown = ", ".join(f"{key} {value:.4f}" for key, value in evaluation.metrics.items() if type(value) is float)
            self.log.info("%s %s: %s", self.segment_label, ref.segment, shown)
            found.append(evaluation.to_json())
        return found
