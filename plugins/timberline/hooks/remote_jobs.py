"""The services behind the interface `RemoteJobs`: a service that runs jobs is added here, and nowhere else."""

from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.interface import RemoteJobs
from timberline.jobs.watch import JobsWatch, WatchedJobs
from timberline.run.logs import Log
from timberline.run.services import Connection


def remote_jobs(project: str, region: str, connection: Connection) -> RemoteJobs:
    """Return the jobs of a project and region."""
    return VertexJobsHook(project, region, connection)


def watch_jobs(watched: WatchedJobs, log: Log) -> JobsWatch:
    """Return the watch of a group of jobs, which asks the service where the jobs run."""
    return JobsWatch(watched, remote_jobs(watched.project, watched.region, watched.connection), log)
