"""Last step: writes the report of the run, prints it as a table, and judges the run."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from timberline.data.datasets.data_set import DataSet
from timberline.jobs.remote import JobKind, latest_attempts
from timberline.operators.step import StepOperator
from timberline.report.document import RunResults, build_report, check_success
from timberline.report.tables import render_report
from timberline.run.compat import given
from timberline.run.errors import DataError
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import RunIdentity

_METRICS_FILE = "/metrics.json"


class WriteReportOperator(StepOperator):
    """Writes report.json to the run's folder (schema: `timberline.report.document`) and logs it as a table.

    The report is written whatever happened to single segments; then the task fails if too few of them succeeded.

    Args:
        data_set: what the segments are classes of.
        segments: (templated) the result of `PlanSegmentsOperator`.
        load: (templated) the result of `LoadTableOperator`.
        split: (templated) the result of `BigQuerySplitOperator`.
        best: (templated) the results of `PickBestParametersOperator`.
        evaluations: (templated) the result of `EvaluateOperator`.
        challengers: (templated) the results of `RegisterModelOperator`.
        decisions: (templated) the results of `GateOperator`.
        smokes: (templated) the results of `SmokePredictOperator`.
        outcomes: (templated) the results of `PromoteModelOperator`.
        serving: (templated) where versions are served.
        cost_bound_usd: (templated) what `PlanSegmentsOperator` stated.
        tune_step, train_step: the task ids that submitted the jobs.
        started: (templated) when the run began, as ISO text.
        min_success: (templated) how many segments have to succeed; None for all.

    Returns the report's URI.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields,
        "segments", "load", "split", "best", "evaluations", "challengers", "decisions", "smokes", "outcomes", "serving",
        "cost_bound_usd", "tune_step", "train_step", "started", "min_success",
    )  # fmt: skip

    def __init__(
        self,
        *,
        data_set: DataSet,
        segments: Any,
        load: Any,
        split: Any,
        best: Any,
        evaluations: Any,
        challengers: Any,
        decisions: Any,
        smokes: Any,
        outcomes: Any,
        serving: str,
        cost_bound_usd: Any,
        tune_step: str,
        train_step: str,
        started: str = "{{ dag_run.start_date.isoformat() }}",
        min_success: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_set = data_set
        self.segments = segments
        self.load = load
        self.split = split
        self.best = best
        self.evaluations = evaluations
        self.challengers = challengers
        self.decisions = decisions
        self.smokes = smokes
        self.outcomes = outcomes
        self.serving = serving
        self.cost_bound_usd = cost_bound_usd
        self.tune_step = tune_step
        self.train_step = train_step
        self.started = started
        self.min_success = min_success

    def work(self, run: RunIdentity) -> str:
        """Write, print, judge.

        Raises:
            DataError: the run ended before there were rows to train on.
            JobsFailed: fewer segments succeeded than the run needs.
        """
        from timberline.hooks.failures import read_failure_notes

        if not self.segments or not self.load or not self.split:
            raise DataError("nothing to report: the rows were not split; the log of the first failed task says why")
        settings = self.cloud.settings
        storage = self.cloud.storage
        tune_folder = f"{run.folder_uri(settings.bucket)}/{self.tune_step}/"
        notes = read_failure_notes(storage, run, settings.bucket)
        report = build_report(self._results(run, storage.names(tune_folder), tune_folder, notes))
        uri = run.report_uri(settings.bucket)
        storage.write_json(uri, report)
        self.log.info("%s", render_report(report, uri))
        min_success = None if self.min_success is None else int(self.min_success)
        check_success(report, min_success, segment_label=self.data_set.segment_label)
        return uri

    def _results(
        self, run: RunIdentity, trial_files: Sequence[str], tune_folder: str, notes: Sequence[FailureNote]
    ) -> RunResults:

        jobs = self.cloud.jobs
        finished = Counter(
            uri.removeprefix(tune_folder).split("/")[0] for uri in trial_files if uri.endswith(_METRICS_FILE)
        )
        tuning = jobs.find(run.labels(self.tune_step), [JobKind.TUNING])
        training = jobs.find(run.labels(self.train_step), [JobKind.CUSTOM])
        started = datetime.fromisoformat(str(self.started))
        return RunResults(
            run=run,
            segments=list(self.segments),
            names={str(label): name for label, name in self.data_set.classes.items()},
            load=self.load,
            split=self.split,
            best=given(self.best),
            evaluations=given(self.evaluations),
            challengers=given(self.challengers),
            decisions=given(self.decisions),
            smokes=given(self.smokes),
            outcomes=given(self.outcomes),
            failures={note.segment: note for note in notes},
            serving=str(self.serving),
            cost_bound_usd=None if self.cost_bound_usd is None else float(self.cost_bound_usd),
            tuning=latest_attempts(tuning, self.segments),
            training=latest_attempts(training, self.segments),
            finished_trials=finished,
            total_s=(datetime.now(UTC) - started).total_seconds(),
        )
