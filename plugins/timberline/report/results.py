"""What the steps of a run returned, as the report reads it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from timberline.data.datasets.data_set import DataSet
from timberline.data.results import LoadedTable, SplitTable
from timberline.evaluation.gate import Decision
from timberline.evaluation.metrics import Evaluation
from timberline.jobs.remote import JobStatus
from timberline.jobs.selection import BestParameters
from timberline.release.results import Challenger, Outcome, SmokeResult
from timberline.report.summary import Summary
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import RunIdentity
from timberline.spec.metric import Metric


class _OfSegment(Protocol):
    @property
    def segment(self) -> str: ...


_Result = TypeVar("_Result", bound=_OfSegment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is known before the run begins.

    Attributes:
        run: the run.
        data_set: the data set.
        segments: all segments of the run.
        serving: where versions are served.
        metric: the gate's metric.
        summary: the number about all models.
        cost_bound_usd: the highest cost of the run; None if it is not known.
    """

    run: RunIdentity
    data_set: DataSet
    segments: Sequence[str]
    serving: str
    metric: Metric
    summary: Summary
    cost_bound_usd: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Jobs:
    """The remote jobs of the run.

    Attributes:
        tuning, training: their states by segment; `tuning` is empty in a run without tuning.
        finished_trials: how many trials of each segment ran to their end.
    """

    tuning: Mapping[str, JobStatus] = field(default_factory=dict)
    training: Mapping[str, JobStatus] = field(default_factory=dict)
    finished_trials: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResults:
    """The results of the steps; one that did not run, or failed for a segment, has none for it.

    Attributes:
        load, split: the tables.
        views: the BigQuery view of each segment; empty in a pipeline without views.
        best, evaluations, challengers, decisions, smokes, outcomes: one result per segment.
    """

    load: LoadedTable
    split: SplitTable
    views: Mapping[str, str] = field(default_factory=dict)
    best: Sequence[BestParameters] = ()
    evaluations: Sequence[Evaluation] = ()
    challengers: Sequence[Challenger] = ()
    decisions: Sequence[Decision] = ()
    smokes: Sequence[SmokeResult] = ()
    outcomes: Sequence[Outcome] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResults:
    """A run at its end.

    Attributes:
        plan: what was known before.
        steps: the results of the steps.
        jobs: the remote jobs.
        failures: the last failed step of each segment that had one.
        total_s: seconds since the run began.
    """

    plan: Plan
    steps: StepResults
    jobs: Jobs
    failures: Mapping[str, FailureNote]
    total_s: float


def of_segment(results: Sequence[_Result], segment: str) -> _Result | None:
    """Return the result of one segment; None if the step returned nothing for it."""
    return next((each for each in results if each.segment == segment), None)
