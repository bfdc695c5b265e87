"""Vertex AI over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from localgcp.discovery import Method
from localgcp.messages import answer
from localgcp.routing import Handler, Request, Service
from localgcp.vertex.resources import Kind
from localgcp.vertex.store import COLLECTIONS, VertexStore

_PREFIX = "aiplatform.projects.locations"
_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")


class Part(Protocol):
    """What runs beside the jobs, on their event loop."""

    def start(self) -> None:
        """Take up what a former server left."""

    def stop(self) -> None:
        """End what runs."""


def service(store: VertexStore, *others: Mapping[str, Handler], parts: Sequence[Part] = ()) -> Service:
    """Return the API with the methods that are implemented.

    Args:
        others: the methods of the API's other resources; its discovery document is large, so there is one service.
        parts: what starts after the jobs and is stopped before them.
    """

    def start() -> None:
        store.start()
        for part in parts:
            part.start()

    def stop() -> None:
        for part in reversed(parts):
            part.stop()
        store.stop()

    handlers: dict[str, Handler] = {}
    for kind in Kind:
        handlers |= _handlers(store, kind)
    for methods in others:
        handlers |= methods
    handlers |= store.operations.handlers(f"{_PREFIX}.operations")
    # Bodies are parsed by the official messages, which take both spellings of a field and enums as integers.
    return Service(
        api="aiplatform", version="v1", handlers=handlers, extra=_polled_operations(handlers), checks_body=False,
        owns=store.operations.of("google.cloud.aiplatform"), start=start, stop=stop,
    )  # fmt: skip


def _polled_operations(handlers: Iterable[str]) -> list[Method]:
    """Return the paths by which the Python clients read operations over REST: `/ui/` where the document has `/v1/`."""
    found = []
    for method_id in handlers:
        if method_id.endswith(".operations.get"):
            pattern = "/".join(f"{collection}/[^/]+" for collection in method_id.split(".")[1:-1])
            found.append(Method(method_id, "GET", "/ui/{+name}", {"name": {"pattern": f"^{pattern}$"}}, None))
    return found


def _handlers(store: VertexStore, kind: Kind) -> dict[str, Handler]:
    prefix = f"{_PREFIX}.{COLLECTIONS[kind]}"

    def list_jobs(request: Request) -> dict[str, Any]:
        found = store.list_jobs(kind, request.params["parent"], {name: request.one(name) for name in _LIST_PARAMETERS})
        return found | {COLLECTIONS[kind]: [answer(request, kind, job) for job in found[COLLECTIONS[kind]]]}

    def cancel(request: Request) -> dict[str, Any]:
        store.cancel(request.params["name"])
        return {}

    return {
        f"{prefix}.create": lambda request: answer(
            request, kind, store.create(kind, request.params["parent"], request.json())
        ),
        f"{prefix}.get": lambda request: answer(request, kind, store.get(request.params["name"])),
        f"{prefix}.list": list_jobs,
        f"{prefix}.cancel": cancel,
        f"{prefix}.delete": lambda request: store.delete(request.params["name"]),
    }
