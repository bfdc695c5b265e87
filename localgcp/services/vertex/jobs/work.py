"""What a training job does while it runs: a custom job its replicas, a tuning job its trials."""

from collections.abc import Mapping
from typing import Any

from localgcp.processes.jobs.context import JobContext
from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.jobs.custom_run import run_custom_job
from localgcp.services.vertex.replicas.programs import Programs
from localgcp.services.vertex.tuning.metric_watch import MetricWatch
from localgcp.services.vertex.tuning.trials import TrialRecords
from localgcp.services.vertex.tuning.tuning_run import TuningRun, TuningTools


class TrainingWork:
    """Runs the jobs of both kinds; see `JobWork`."""

    def __init__(self, context: JobContext, programs: Programs, trials: TrialRecords, metrics: MetricWatch) -> None:
        self._context = context
        self._programs = programs
        self._trials = trials
        self._tools = TuningTools(context=context, programs=programs, trials=trials, metrics=metrics)

    async def run(self, job: Job) -> Mapping[str, Any]:
        """Run a job to its end; see `JobWork.run`."""
        if "jobSpec" in job:
            await run_custom_job(self._context, self._programs, job)
        else:
            await TuningRun(self._tools, job).run()
        return {}

    def end_parts(self, name: str) -> None:
        """End the trials of a job that have not ended; see `JobWork.end_parts`."""
        self._trials.end(name)
