"""Chooses the parameters that each segment's model is trained with."""

from collections.abc import Iterator, Sequence
from typing import Any

from timberline.jobs.remote import JobRef, Study
from timberline.jobs.selection import BestParameters, best_trial, in_words, typed_parameters
from timberline.operators.step import StepOperator
from timberline.run.compat import given
from timberline.run.errors import NoUsableTrial
from timberline.run.identity import RunIdentity
from timberline.spec.include import read_job_file


class PickBestParametersOperator(StepOperator):
    """Returns the parameters of each tuning job's best trial, typed as the study declares them.

    In a run without tuning they are the job file's default parameters. A segment whose trials cannot be compared is
    left out, with a failure note; its siblings go on.

    Args:
        jobs: (templated) the finished tuning jobs: `JobRef`s in JSON form; None in a run without tuning.
        segments: (templated) the run's segments, for a run without tuning.
        job_file: (templated) the job file below include/jobs.
        preset: (templated) one of its presets, for a run without tuning; None for the file as it is.
        segment_label: (templated) what messages call a segment.

    Returns:
        A `BestParameters` in JSON form for each segment.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields, "jobs", "segments", "job_file", "preset", "segment_label",
    )  # fmt: skip

    def __init__(
        self,
        *,
        jobs: Any,
        segments: Any,
        job_file: str,
        preset: str | None = None,
        segment_label: str = "segment",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.jobs = jobs
        self.segments = segments
        self.job_file = job_file
        self.preset = preset
        self.segment_label = segment_label

    def work(self, run: RunIdentity) -> list[dict[str, Any]]:
        """Choose the parameters.

        Raises:
            NoUsableTrial: no segment has a trial that can be compared.
        """
        refs = [JobRef.from_json(job) for job in given(self.jobs)]
        found = list(self._picked(run, refs)) if refs else self._default_parameters()
        if refs and not found:
            raise NoUsableTrial(f"no {self.segment_label} has a usable trial; the messages above say why")
        return [each.to_json() for each in found]

    def _default_parameters(self) -> list[BestParameters]:
        parameters = read_job_file(self.job_file).parameters_for(self.preset)
        self.log.info("no tuning; the job file's default parameters: %s", in_words(parameters))
        return [BestParameters(segment=str(segment), parameters=parameters) for segment in given(self.segments)]

    def _picked(self, run: RunIdentity, refs: Sequence[JobRef]) -> Iterator[BestParameters]:
        for status in self.cloud.jobs.statuses(refs):
            try:
                yield self._best(status.ref, status.study)
            except NoUsableTrial as error:
                self.log.error("%s", error)
                self.segment = status.ref.segment
                self._write_note(run, error)
                self.segment = None

    def _best(self, ref: JobRef, study: Study | None) -> BestParameters:
        where = f"{self.segment_label} {ref.segment} ({ref.name})"
        if study is None:
            raise NoUsableTrial(f"{where} is no tuning job")
        best = best_trial(study.trials, study.goal, job=where)
        parameters = typed_parameters(best, study.declared)
        self.log.info(
            "%s %s: trial %s of %d, %s %.4f: %s", self.segment_label, ref.segment, best.id, len(study.trials),
            study.metric, best.metric, in_words(parameters),
        )  # fmt: skip
        return BestParameters(
            segment=ref.segment, parameters=parameters, trial=best.id, metric=study.metric, value=best.metric,
            trials=study.counts(),
        )  # fmt: skip
