"""The first step: checks everything that costs nothing to check, and says which models the run trains."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk.definitions.context import Context

from timberline.data.datasets.data_set import DataSet
from timberline.data.segments import check_known, read_segments
from timberline.data.splitting import split_scheme
from timberline.operators.step import StepOperator
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity
from timberline.run.parameters import check_parameters
from timberline.spec.costs import CostBound, check_cost, cost_bound, planned_jobs
from timberline.spec.include import read_job_file, read_prices
from timberline.spec.jobspecs import TuningSpec

COST_KEY = "cost_bound_usd"
"""The XCom key of the run's highest possible cost, in USD."""


class PlanSegmentsOperator(StepOperator):
    """Checks the run's parameters, and returns its segments as text, in increasing order.

    The highest possible cost of the run is logged, and pushed as a second XCom value (`COST_KEY`).

    Args:
        segments: (templated) the segments to train a model for; `all` for one model of all rows.
        data_set: the data set that has the segments.
        scheme: (templated) the split scheme, by name or in full.
        job_file: (templated) the job file below include/jobs.
        preset: (templated) one of its presets; None for the file as it is.
        trials, parallel_trials: (templated) counts that replace the preset's; None for the preset's. 0 trials: the run
            trains without tuning.
        min_success: (templated) how many segments have to succeed; None for all.
        max_cost_usd: (templated) a run that could cost more is refused; None for no limit.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields,
        "segments", "scheme", "job_file", "preset", "trials", "parallel_trials", "min_success", "max_cost_usd",
    )  # fmt: skip

    def __init__(
        self,
        *,
        segments: Any,
        data_set: DataSet,
        scheme: Any,
        job_file: str,
        preset: str | None = None,
        trials: int | str | None = None,
        parallel_trials: int | str | None = None,
        min_success: int | str | None = None,
        max_cost_usd: float | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.segments = segments
        self.data_set = data_set
        self.scheme = scheme
        self.job_file = job_file
        self.preset = preset
        self.trials = trials
        self.parallel_trials = parallel_trials
        self.min_success = min_success
        self.max_cost_usd = max_cost_usd
        self._bound: CostBound | None = None

    def execute(self, context: Context) -> Any:
        """Check the run, and push its highest possible cost."""
        segments = super().execute(context)
        if self._bound is not None:
            context["ti"].xcom_push(key=COST_KEY, value=self._bound.usd)
        return segments

    def work(self, run: RunIdentity) -> list[str]:
        """Check the run, and return its segments.

        Raises:
            InputError: a parameter is unknown, or has an impossible value; or the run could cost too much.
            JobFileError: the job file cannot be used.
        """
        self._check_parameters()
        segments = read_segments(self.segments, self.data_set)
        scheme = split_scheme(self.scheme)
        job_file = read_job_file(self.job_file)
        check_known(job_file.gate.segments, self.data_set, f"{self.job_file}: gate.segments")
        tuning = job_file.tuning_for(
            self.preset, trials=_optional(self.trials), parallel_trials=_optional(self.parallel_trials)
        )
        if self.min_success is not None and not 1 <= int(self.min_success) <= len(segments):
            raise InputError(f"min_success: expected 1 to {len(segments)}, found {self.min_success}")
        self._bound = cost_bound(len(segments), planned_jobs(job_file, tuning), read_prices())
        self.log.info(
            "run %s: %d x %s (%s), %s; split scheme %s", run.run_key, len(segments), self.data_set.segment_label,
            ", ".join(segments), _in_words(tuning), scheme.name,
        )  # fmt: skip
        self.log.info("%s", self._bound.statement)
        check_cost(self._bound, _amount(self.max_cost_usd))
        return segments

    def _check_parameters(self) -> None:
        """Refuse a run whose configuration names something that is no parameter of the DAG."""
        dag, dag_run = self._context.get("dag"), self._context.get("dag_run")
        if dag is not None and dag_run is not None:
            check_parameters(dag_run.conf, list(dag.params))


def _in_words(tuning: TuningSpec | None) -> str:
    if tuning is None:
        return "no tuning, trained with the job file's default parameters"
    return f"{tuning.max_trial_count} trials each, {tuning.parallel_trial_count} at a time"


def _optional(count: int | str | None) -> int | None:
    return None if count is None else int(count)


def _amount(usd: float | str | None) -> float | None:
    try:
        return None if usd is None else float(usd)
    except ValueError:
        raise InputError(f"max_cost_usd: expected an amount in USD, or none for no limit, found {usd!r}") from None
