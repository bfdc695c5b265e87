"""Reads the trials of a finished tuning job, and picks the parameters of the best one."""

from collections.abc import Sequence
from typing import Any

from timberline.jobs.remote import JobRef
from timberline.jobs.selection import best_trial, in_words, typed_parameters
from timberline.operators.step import StepOperator
from timberline.run.errors import NoUsableTrial
from timberline.run.identity import RunIdentity


class PickBestParametersOperator(StepOperator):
    """Returns the best trial of a tuning job, its parameters typed as the study declares them.

    Args:
        job: (templated) the tuning job: a `JobRef` in JSON form.
        segment_label: (templated) what messages call a segment.

    Returns a dict: `segment`, `trial`, `metric`, `value`, `parameters`, `trials` (counts by end).
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "job", "segment_label")

    def __init__(self, *, job: Any, segment_label: str = "segment", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.segment_label = segment_label

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002  the reference names the run
        """Pick.

        Raises:
            NoUsableTrial: no trial can be compared.
        """
        ref = JobRef.from_json(self.job)
        self.segment = ref.segment
        (status,) = self.cloud.jobs.statuses([ref])
        study = status.study
        where = f"{self.segment_label} {ref.segment} ({ref.name})"
        if study is None:
            raise NoUsableTrial(f"{where} is no tuning job")
        best = best_trial(study.trials, study.goal, job=where)
        parameters = typed_parameters(best, study.declared)
        self.log.info(
            "%s %s: trial %s of %d, %s %.4f: %s", self.segment_label, ref.segment, best.id, len(study.trials),
            study.metric, best.metric, in_words(parameters),
        )  # fmt: skip
        return {
            "segment": ref.segment,
            "trial": best.id,
            "metric": study.metric,
            "value": best.metric,
            "parameters": parameters,
            "trials": study.counts(),
        }
