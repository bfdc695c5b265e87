"""A custom job while it runs."""

import logging
from collections.abc import Sequence

from localgcp.processes.images.resources import Environment
from localgcp.processes.jobs.context import JobContext, JobFailed, time_limit
from localgcp.processes.jobs.records import Job
from localgcp.services.vertex.replicas.execution import Execution, ExecutionResult
from localgcp.services.vertex.replicas.programs import Programs
from localgcp.services.vertex.replicas.resources import JobSpec

_log = logging.getLogger(__name__)
# A trainer that kills itself would otherwise be restarted for ever.
_MOST_RESTARTS = 3


async def run_custom_job(context: JobContext, programs: Programs, job: Job) -> None:
    """Run a custom job to its end.

    Raises:
        JobFailed: a replica failed, or the image does not exist.
        JobTimedOut: the job took longer than `scheduling.timeout`.
    """
    name, spec = job["name"], JobSpec.from_json(job["jobSpec"])
    environments = await programs.environments(spec)
    async with context.launcher.slots.take(name, spec.slots):
        context.mark_running(name)
        async with time_limit(spec.timeout_s):
            result = await _result(context, name, spec, environments)
    if result.message:
        raise JobFailed(result.message)


async def _result(
    context: JobContext, name: str, spec: JobSpec, environments: Sequence[Environment]
) -> ExecutionResult:
    """Run the replicas; if the job asks for it, run all of them again after a signal has killed one.

    A signal stands for the loss of a machine; a replica that exits with a code has failed.
    """
    for restarts in range(_MOST_RESTARTS + 1):
        execution = Execution(
            spec=spec, job_id=name.rpartition("/")[2], folder=context.job_folder(name), environments=environments,
        )  # fmt: skip
        result = await execution.run(context.launcher)
        if not (spec.restarts and result.exit.signal_name and restarts < _MOST_RESTARTS) or context.is_closing:
            break
        _log.info("%s is started again: %s was killed by %s", name, result.replica, result.exit.signal_name)
    return result
