"""A custom job while it runs."""

from localgcp.clock import CLOCK
from localgcp.vertex.execution import Execution
from localgcp.vertex.records import Job
from localgcp.vertex.resources import JobSpec
from localgcp.vertex.site import JobFailed, JobTimedOut, Site


async def run_custom_job(site: Site, job: Job) -> None:
    """Run a custom job to its end.

    Raises:
        JobFailed: a replica failed, or the image is not there.
        JobTimedOut: it took longer than `scheduling.timeout`.
    """
    name, spec = job["name"], JobSpec.from_json(job["jobSpec"])
    environments = await site.environments(spec)
    execution = Execution(
        spec=spec,
        job_id=name.rpartition("/")[2],
        folder=site.job_folder(name),
        environments=environments,
        client=site.client,
    )
    async with site.slots.take(name, spec.slots):
        site.mark_running(name)
        try:
            async with CLOCK.timeout(spec.timeout_s):
                outcome = await execution.run(site.launcher)
        except TimeoutError as error:
            raise JobTimedOut(f"The job ran longer than its timeout of {spec.timeout_s:g} seconds.") from error
    if outcome.message:
        raise JobFailed(outcome.message)
