"""Jobs and trials as `localgcp status` shows them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from localgcp.core.control.status import JobStatus, TrialStatus
from localgcp.core.state.states import TrialState
from localgcp.processes.images.commands import tail
from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.replicas.execution import PRIMARY_LOG
from localgcp.services.vertex.tuning.metric_file import Measurement
from localgcp.services.vertex.tuning.trials import TrialRecord

Live = Callable[[str, str], list[Measurement]]


def job_status(job: Job, trials: Sequence[TrialRecord], live: Live, folder: Path) -> JobStatus:
    """Return the status of one job.

    Args:
        live: returns the measurements of a running trial; takes the job and the trial.
        folder: the folder for the logs of all jobs.
    """
    name = job["name"]
    is_tuning = "studySpec" in job
    metric = job["studySpec"]["metrics"][0] if is_tuning else {}
    log = folder / name.rpartition("/")[2] / PRIMARY_LOG
    return JobStatus(
        name=name, kind="hyperparameterTuningJob" if is_tuning else "customJob", state=job["state"],
        display_name=job["displayName"], labels=job.get("labels", {}), create_time=job["createTime"],
        end_time=job.get("endTime", ""), trial_count=int(job.get("maxTrialCount", 0)),
        metric_id=metric.get("metricId", ""), goal=metric.get("goal", "MAXIMIZE"),
        error=job.get("error", {}).get("message", ""), log_tail=[] if is_tuning else _lines(log),
        trials=[_trial_status(name, trial, live).to_json() for trial in trials],
    )  # fmt: skip


def _trial_status(job_name: str, trial: TrialRecord, live: Live) -> TrialStatus:
    measurements = trial.measurements if trial.is_final else live(job_name, trial.id)
    shown = measurements[trial.selected] if measurements else None
    is_stopped = trial.was_stopped and trial.state is TrialState.SUCCEEDED
    return TrialStatus(
        id=trial.id, state="STOPPED" if is_stopped else trial.state.value, parameters=dict(trial.values),
        metric=shown.value if shown else None, step=shown.step if shown else None,
        reason=trial.infeasible_reason.partition("\n")[0],
        log_tail=_lines(Path(trial.log)) if trial.log and trial.state is not TrialState.SUCCEEDED else [],
    )  # fmt: skip


def _lines(log: Path) -> list[str]:
    return tail(log).splitlines()
