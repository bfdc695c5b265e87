"""The five HTTP methods of every collection of jobs: create, get, list, cancel, delete."""

from collections.abc import Callable, Mapping
from typing import Any

from localgcp.core.http.messages import answer
from localgcp.core.http.routing import Handler, Request
from localgcp.core.state.operations import Operations
from localgcp.processes.jobs.collection import JobCollection
from localgcp.services.vertex.operations import deleted

Resource = dict[str, Any]

_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")


def job_handlers(
    jobs: JobCollection,
    operations: Operations,
    *,
    create: Callable[[str, Mapping[str, Any]], Resource],
    cancel: Callable[[str], None],
    delete: Callable[[str], None],
) -> dict[str, Handler]:
    """Return the methods of one collection of jobs, for the service `aiplatform`.

    Args:
        create: stores and runs a job; takes the parent and the body.
        cancel: cancels a job; takes its name.
        delete: deletes a job that has ended; takes its name.
    """
    prefix = f"aiplatform.projects.locations.{jobs.name}"

    def create_job(request: Request) -> Resource:
        return answer(request, jobs.message, create(request.params["parent"], request.json()))

    def get_job(request: Request) -> Resource:
        return answer(request, jobs.message, jobs.get(request.params["name"]))

    def list_jobs(request: Request) -> Resource:
        page = jobs.page(request.params["parent"], {name: request.one(name) for name in _LIST_PARAMETERS})
        return page | {jobs.name: [answer(request, jobs.message, job) for job in page[jobs.name]]}

    def cancel_job(request: Request) -> Resource:
        cancel(request.params["name"])
        return {}

    def delete_job(request: Request) -> Resource:
        name = request.params["name"]
        delete(name)
        return deleted(operations, name)

    return {
        f"{prefix}.create": create_job,
        f"{prefix}.get": get_job,
        f"{prefix}.list": list_jobs,
        f"{prefix}.cancel": cancel_job,
        f"{prefix}.delete": delete_job,
    }
