"""Vertex AI over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from localgcp.core.http.discovery import Method
from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Service
from localgcp.services.vertex.job_routes import job_handlers
from localgcp.services.vertex.jobs.resources import Kind
from localgcp.services.vertex.jobs.store import COLLECTIONS, VertexStore

_PREFIX = "aiplatform.projects.locations"


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
        handlers |= job_handlers(
            store, kind, COLLECTIONS[kind], create=partial(store.create, kind), list_page=partial(store.list_jobs, kind)
        )
    for methods in others:
        handlers |= methods
    handlers |= operation_handlers(store.operations, f"{_PREFIX}.operations")
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
