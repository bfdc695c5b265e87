"""A custom job while it runs."""

import logging
from collections.abc import Sequence

from localgcp.core.state.clock import CLOCK
from localgcp.processes.images.resources import Environment
from localgcp.services.vertex.jobs.execution import Execution, Outcome
from localgcp.services.vertex.jobs.records import Job
from localgcp.services.vertex.jobs.resources import JobSpec
from localgcp.services.vertex.jobs.site import JobFailed, JobTimedOut, Site

_log = logging.getLogger(__name__)
# A trainer that its own mistakes kill would go on for ever.
_MOST_RESTARTS = 3


async def run_custom_job(site: Site, job: Job) -> None:
    """Run a custom job to its end.

    Raises:
        JobFailed: a replica failed, or the image is not there.
        JobTimedOut: it took longer than `scheduling.timeout`.
    """
    name, spec = job["name"], JobSpec.from_json(job["jobSpec"])
    environments = await site.environments(spec)
    async with site.slots.take(name, spec.slots):
        site.mark_running(name)
        try:
            async with CLOCK.timeout(spec.timeout_s):
                outcome = await _outcome(site, name, spec, environments)
        except TimeoutError as error:
            raise JobTimedOut(f"The job ran longer than its timeout of {spec.timeout_s:g} seconds.") from error
    if outcome.message:
        raise JobFailed(outcome.message)


async def _outcome(site: Site, name: str, spec: JobSpec, environments: Sequence[Environment]) -> Outcome:
    """Start the replicas, and where the job asks for it start them all anew when a signal has killed one.

    That is what the loss of a machine is here; a replica that exits with a code has failed.
    """
    for restarts in range(_MOST_RESTARTS + 1):
        execution = Execution(
            spec=spec, job_id=name.rpartition("/")[2], folder=site.job_folder(name), environments=environments,
            client=site.client,
        )  # fmt: skip
        outcome = await execution.run(site.launcher)
        if not (spec.restarts and outcome.exit.signal_name and restarts < _MOST_RESTARTS) or site.is_closing:
            break
        _log.info("%s starts anew: %s was killed by %s", name, outcome.replica, outcome.exit.signal_name)
    return outcome
