"""Last step: writes the report of the run, logs it as tables, and decides whether the run succeeded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from timberline.data.datasets.data_set import DataSet
from timberline.data.results import LoadedTable, SplitTable
from timberline.evaluation.gate import Decision
from timberline.evaluation.metrics import Evaluation
from timberline.jobs.remote import JobKind, latest_attempts
from timberline.jobs.selection import BestParameters
from timberline.operators.plan_segments import COST_KEY
from timberline.operators.step import StepOperator
from timberline.release.results import Challenger, Outcome, SmokeResult
from timberline.report.document import build_report, check_success
from timberline.report.results import Jobs, Plan, RunResults, StepResults
from timberline.report.summary import Summary, mean_of
from timberline.report.tables import render_report
from timberline.run.compat import given
from timberline.run.errors import DataError
from timberline.run.identity import RunIdentity, label_value
from timberline.spec.include import read_job_file

_METRICS_FILE = "/metrics.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedSteps:
    """The task ids of the steps whose results the report shows; None for a step that the pipeline does not have.

    Attributes:
        tune, train: the steps that submitted the tuning and the training jobs.
        best_key: the XCom key of the best parameters.
    """

    plan: str = "plan"
    load: str = "load"
    split: str = "split"
    views: str | None = None
    tune: str | None = "tune"
    best: str | None = "best"
    best_key: str = "return_value"
    train: str = "retrain"
    evaluate: str = "evaluate"
    register: str = "register"
    gate: str = "release.gate"
    smoke: str = "release.smoke"
    promote: str = "release.promote"


DEFAULT_STEPS = ReportedSteps()


class WriteReportOperator(StepOperator):
    """Writes report.json to the run's folder (schema: `docs/report.md`) and logs it as tables.

    The report is written even if segments failed. Then the task fails if too few segments succeeded.

    Args:
        data_set: the data set.
        job_file: the job file below include/jobs; its gate has the metric.
        steps: the steps that the report shows.
        summary: the number about all models; None for the mean of the gate's metric.
        serving: (templated) where versions are served.
        min_success: (templated) how many segments must succeed; None for all.
        started: (templated) when the run began, as ISO text.

    Returns:
        The report's URI.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "job_file", "serving", "min_success", "started")

    def __init__(
        self,
        *,
        data_set: DataSet,
        job_file: str,
        serving: str,
        steps: ReportedSteps = DEFAULT_STEPS,
        summary: Summary | None = None,
        min_success: int | str | None = None,
        started: str = "{{ dag_run.start_date.isoformat() }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_set = data_set
        self.job_file = job_file
        self.serving = serving
        self.steps = steps
        self.summary = summary
        self.min_success = min_success
        self.started = started

    def work(self, run: RunIdentity) -> str:
        """Write the report, log it, and check the number of successes.

        Raises:
            DataError: the run ended before there were rows to train on.
            JobsFailed: fewer segments succeeded than the run needs.
        """
        from timberline.hooks.failures import read_failure_notes

        settings, storage = self.cloud.settings, self.cloud.storage
        steps, plan = self._step_results(), self._plan(run)
        started = datetime.fromisoformat(str(self.started))
        results = RunResults(
            plan=plan,
            steps=steps,
            jobs=self._jobs(run, plan.segments),
            failures={note.segment: note for note in read_failure_notes(storage, run, settings.bucket)},
            total_s=(datetime.now(UTC) - started).total_seconds(),
        )
        report = build_report(results)
        uri = run.report_uri(settings.bucket)
        storage.write_json(uri, report)
        self.log.info("%s", render_report(report, uri))
        check_success(report, None if self.min_success is None else int(self.min_success))
        return uri

    def _plan(self, run: RunIdentity) -> Plan:
        metric = read_job_file(self.job_file).metric(self.job_file)
        costs = self._pulled(self.steps.plan, COST_KEY)
        return Plan(
            run=run,
            data_set=self.data_set,
            segments=[str(segment) for segment in self._pulled(self.steps.plan)],
            serving=str(self.serving),
            metric=metric,
            summary=self.summary or mean_of(metric),
            cost_bound_usd=float(costs[0]) if costs else None,
        )

    def _step_results(self) -> StepResults:
        steps = self.steps
        loaded, split = self._pulled(steps.load), self._pulled(steps.split)
        if not loaded or not split:
            raise DataError("nothing to report: the rows were not split; the log of the first failed task says why")
        views = self._pulled(steps.views)
        return StepResults(
            load=LoadedTable.from_json(loaded[0]),
            split=SplitTable.from_json(split[0]),
            views=views[0] if views else {},
            best=[BestParameters.from_json(each) for each in self._pulled(steps.best, steps.best_key)],
            evaluations=[Evaluation.from_json(each) for each in self._pulled(steps.evaluate)],
            challengers=[Challenger.from_json(each) for each in self._pulled(steps.register)],
            decisions=[Decision.from_json(each) for each in self._pulled(steps.gate, "decision")],
            smokes=[SmokeResult.from_json(each) for each in self._pulled(steps.smoke)],
            outcomes=[Outcome.from_json(each) for each in self._pulled(steps.promote)],
        )

    def _jobs(self, run: RunIdentity, segments: Sequence[str]) -> Jobs:
        tune, jobs = self.steps.tune, self.cloud.jobs
        tuning = jobs.find(run.labels(tune), [JobKind.TUNING]) if tune else []
        training = jobs.find(run.labels(self.steps.train), [JobKind.CUSTOM])
        return Jobs(
            tuning=latest_attempts(tuning, segments),
            training=latest_attempts(training, segments),
            finished_trials=self._finished_trials(run, tune, segments) if tune else {},
        )

    def _finished_trials(self, run: RunIdentity, tune: str, segments: Sequence[str]) -> dict[str, int]:
        """Count the trials that wrote metrics, by segment; the folders have the label values of the segments."""
        folder = f"{run.folder_uri(self.cloud.settings.bucket)}/{tune}/"
        written = (uri for uri in self.cloud.storage.names(folder) if uri.endswith(_METRICS_FILE))
        counts = Counter(uri.removeprefix(folder).split("/")[0] for uri in written)
        return {segment: counts[label] for segment in segments if (label := label_value(segment)) in counts}

    def _pulled(self, task_id: str | None, key: str = "return_value") -> list[Any]:
        """Return the results of a step as one list: those of all mapped instances, and the items of lists."""
        if task_id is None:
            return []
        found = given(self._context["ti"].xcom_pull(task_ids=[task_id], key=key))
        return [item for each in found for item in (each if isinstance(each, list) else [each]) if item]
