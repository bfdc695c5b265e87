"""The five methods that all jobs of Vertex AI have over HTTP, pipelines and batch predictions included."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localgcp.core.http.messages import answer
from localgcp.core.http.routing import Handler, Request

Resource = dict[str, Any]

_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")


class Jobs(Protocol):
    """Where the jobs are."""

    def get(self, name: str) -> Resource:
        """Return one."""

    def cancel(self, name: str) -> None:
        """Ask for the end of one."""

    def delete(self, name: str) -> Resource:
        """Remove one, and return the operation."""


def job_handlers(
    store: Jobs,
    kind: str,
    collection: str,
    *,
    create: Callable[[str, Mapping[str, Any]], Resource],
    list_page: Callable[[str, Mapping[str, str | None]], Resource],
) -> dict[str, Handler]:
    """Return the methods of one kind of jobs, for the service `aiplatform`.

    Args:
        kind: the name of the message.
        collection: the last part of the methods' names, and the name of the list in its answer.
        create: takes the parent and the body.
        list_page: takes the parent and the parameters of the query.
    """
    prefix = f"aiplatform.projects.locations.{collection}"

    def list_jobs(request: Request) -> Resource:
        found = list_page(request.params["parent"], {name: request.one(name) for name in _LIST_PARAMETERS})
        return found | {collection: [answer(request, kind, job) for job in found[collection]]}

    def cancel(request: Request) -> Resource:
        store.cancel(request.params["name"])
        return {}

    return {
        f"{prefix}.create": lambda request: answer(request, kind, create(request.params["parent"], request.json())),
        f"{prefix}.get": lambda request: answer(request, kind, store.get(request.params["name"])),
        f"{prefix}.list": list_jobs,
        f"{prefix}.cancel": cancel,
        f"{prefix}.delete": lambda request: store.delete(request.params["name"]),
    }
