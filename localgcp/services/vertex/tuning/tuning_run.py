"""A hyperparameter tuning job while it runs: each of its parallel workers runs one trial after the other."""

import asyncio
import importlib
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import TrialState
from localgcp.processes.images.resources import Environment
from localgcp.processes.jobs.context import JobContext, JobFailed
from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.replicas.execution import PRIMARY_LOG, Execution, ExecutionResult
from localgcp.services.vertex.replicas.programs import Programs
from localgcp.services.vertex.replicas.resources import JobSpec
from localgcp.services.vertex.tuning.early_stopping import EarlyStopping
from localgcp.services.vertex.tuning.metric_file import MetricFile
from localgcp.services.vertex.tuning.metric_watch import MetricWatch
from localgcp.services.vertex.tuning.study import Study
from localgcp.services.vertex.tuning.study_stopping import StudyStopping
from localgcp.services.vertex.tuning.trials import TrialRecord, TrialRecords

_log = logging.getLogger(__name__)
# If maxFailedTrialCount is 0: fail the job after this many failed trials without a success.
_HOPELESS_COUNT = 3
_STUDY_POLL_S = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningTools:
    """What all tuning jobs share."""

    context: JobContext
    programs: Programs
    trials: TrialRecords
    metrics: MetricWatch


class TuningRun:
    """One tuning job on the launcher's event loop."""

    def __init__(self, tools: TuningTools, job: Job) -> None:
        self._context, self._launcher = tools.context, tools.context.launcher
        self._programs, self._records, self._metrics = tools.programs, tools.trials, tools.metrics
        self._name: str = job["name"]
        self._spec = JobSpec.from_json(job["trialJobSpec"])
        self._budget = int(job["maxTrialCount"])
        self._width = int(job["parallelTrialCount"])
        self._failures_allowed = int(job.get("maxFailedTrialCount", 0))
        self._study = Study(job["studySpec"], name=job["displayName"], trial_count=self._budget)
        self._stopping = EarlyStopping(job["studySpec"], maximizes=self._study.maximizes)
        self._end_of_study = StudyStopping(job["studySpec"], maximizes=self._study.maximizes, created=job["createTime"])
        self._running: dict[str, Execution] = {}
        self._environments: list[Environment] = []
        self._repeated: deque[TrialRecord] = deque()
        self._is_exhausted = False

    async def run(self) -> None:
        """Run the trials to their end.

        Raises:
            JobFailed: too many trials failed, or the image does not exist.
        """
        # In a thread: the import takes most of a second, and would block the trials of other jobs.
        _, self._environments = await asyncio.gather(
            asyncio.to_thread(importlib.import_module, "optuna"), self._programs.environments(self._spec)
        )
        self._resume_trials()
        workers = [asyncio.ensure_future(self._run_worker()) for _ in range(self._width)]
        watching = [asyncio.ensure_future(self._stop_asap())] if self._end_of_study.is_asap else []
        try:
            await asyncio.gather(*workers)
        finally:
            for task in (*workers, *watching):
                task.cancel()
            await asyncio.gather(*workers, *watching, return_exceptions=True)
        if not any(trial.metric is not None for trial in self._trials()):
            raise JobFailed(f"No trial succeeded. {self._last_failure()}")

    def _trials(self) -> list[TrialRecord]:
        return self._records.trials(self._name)

    def _resume_trials(self) -> None:
        """Add the trials of an earlier server to the study, and queue its unfinished trials to run again."""
        for trial in self._trials():
            self._study.resume(trial.id, trial.values)
            if trial.is_final:
                self._study.finish(trial.id, trial.metric)
            elif trial.state is TrialState.REQUESTED:
                self._repeated.append(trial)
            else:
                self._repeated.append(trial.moved(TrialState.REQUESTED, was_stopped=False))

    async def _run_worker(self) -> None:
        while self._repeated or (len(self._trials()) < self._budget and not self._is_exhausted):
            async with self._launcher.slots.take(self._name, self._spec.slots):
                # Suggest after waiting for the slots, so that the suggestion uses all results.
                trial = self._next_trial()
                if trial is not None:
                    self._context.mark_running(self._name)
                    await self._run_trial(trial)
            self._check_failures()

    def _next_trial(self) -> TrialRecord | None:
        if self._repeated:
            return self._repeated.popleft()
        trial_id = str(len(self._trials()) + 1)
        is_over = int(trial_id) > self._budget or self._is_study_over()
        values = None if is_over else self._study.suggest(trial_id)
        if values is None:
            self._is_exhausted = True
            return None
        trial = TrialRecord(id=trial_id, values=values)
        self._records.put(self._name, trial)
        return trial

    def _is_study_over(self) -> bool:
        return self._end_of_study.is_due(self._trials(), CLOCK.utc())

    async def _stop_asap(self) -> None:
        """End the running trials as soon as the study is over; the metrics reported so far count."""
        while not self._is_study_over():
            await asyncio.sleep(_STUDY_POLL_S)
        for trial_id, execution in self._running.items():
            self._stop(trial_id, execution)

    async def _run_trial(self, requested: TrialRecord) -> None:
        folder = self._context.job_folder(self._name) / f"trial-{requested.id}"
        folder.mkdir(parents=True, exist_ok=True)
        metric_path = folder / "metrics.jsonl"
        metric_path.unlink(missing_ok=True)
        trial = requested.moved(
            TrialState.ACTIVE, start_time=CLOCK.text(), attempts=requested.attempts + 1, log=str(folder / PRIMARY_LOG)
        )
        self._records.put(self._name, trial)
        file = MetricFile(metric_path, self._study.metric_id, time.time())
        execution = Execution(
            spec=self._spec, job_id=self._name.rpartition("/")[2], folder=folder, environments=self._environments,
            trial_id=trial.id, metric_file=metric_path, parameters=self._study.flags(trial.values),
        )  # fmt: skip
        self._running[trial.id] = execution
        try:
            with self._metrics.watching(
                self._name, trial.id, file, lambda: self._stop_if_hopeless(trial.id, file, execution)
            ):
                result = await self._result(execution)
        except asyncio.CancelledError:
            if not self._context.is_closing:
                self._end(trial.id, file, "The trial was cancelled with its job.", None)
            raise
        finally:
            self._running.pop(trial.id)
        file.read()
        self._end(trial.id, file, self._why_infeasible(file, result), result)

    async def _result(self, execution: Execution) -> ExecutionResult | str:
        """Run a trial; return how it ended, or a text that says that it timed out."""
        try:
            async with CLOCK.timeout(self._spec.timeout_s):
                return await execution.run(self._launcher)
        except TimeoutError:
            return f"The trial ran longer than its timeout of {self._spec.timeout_s:g} seconds."

    def _stop_if_hopeless(self, trial_id: str, file: MetricFile, execution: Execution) -> None:
        """Stop a trial that is hopeless by the stopping rule."""
        trial = self._records.trial(self._name, trial_id)
        finished = [
            one.measurements for one in self._trials() if one.state is TrialState.SUCCEEDED and not one.was_stopped
        ]
        if trial.state is TrialState.ACTIVE and self._stopping.is_hopeless(file.measurements, finished):
            self._stop(trial_id, execution)

    def _stop(self, trial_id: str, execution: Execution) -> None:
        trial = self._records.trial(self._name, trial_id)
        if trial.state is TrialState.ACTIVE:
            self._records.put(self._name, trial.moved(TrialState.STOPPING, was_stopped=True))
            execution.stop()

    def _why_infeasible(self, file: MetricFile, result: ExecutionResult | str) -> str:
        """Return why a trial is infeasible, or an empty text for a feasible trial."""
        if isinstance(result, str) or result.message:
            return result if isinstance(result, str) else result.message
        if file.unusable:
            return f"The metric {self._study.metric_id} was reported as {file.unusable}, which is not a finite number."
        if file.measurements:
            return ""
        others = f" It reported {', '.join(sorted(file.other_metrics))}." if file.other_metrics else ""
        return f"The trial ended without reporting the metric {self._study.metric_id}.{others}"

    def _end(self, trial_id: str, file: MetricFile, reason: str, result: ExecutionResult | str | None) -> None:
        trial = self._records.trial(self._name, trial_id)
        changes: dict[str, Any] = {
            "end_time": CLOCK.text(),
            "measurements": tuple(file.measurements),
            "infeasible_reason": reason,
        }
        if isinstance(result, ExecutionResult):
            changes["cpu_s"] = result.cpu_s
        if reason:
            ended = trial.moved(TrialState.INFEASIBLE, **changes)
        else:
            selected = self._study.select([one.value for one in file.measurements])
            ended = trial.moved(
                TrialState.SUCCEEDED, **changes, selected=selected, metric=file.measurements[selected].value
            )
        self._records.put(self._name, ended)
        self._study.finish(trial_id, ended.metric)
        _log.info("%s trial %s ended as %s, metric %s", self._name, trial_id, ended.state, ended.metric)

    def _check_failures(self) -> None:
        failed = sum(trial.state is TrialState.INFEASIBLE for trial in self._trials())
        has_success = any(trial.metric is not None for trial in self._trials())
        if self._failures_allowed and failed >= self._failures_allowed:
            raise JobFailed(f"{failed} trials failed, which is the maxFailedTrialCount. {self._last_failure()}")
        if not self._failures_allowed and not has_success and failed >= _HOPELESS_COUNT:
            raise JobFailed(f"The first {failed} trials failed, and none succeeded. {self._last_failure()}")

    def _last_failure(self) -> str:
        failed = [trial for trial in self._trials() if trial.infeasible_reason]
        return f"Trial {failed[-1].id}: {failed[-1].infeasible_reason}" if failed else "No trial was started."
