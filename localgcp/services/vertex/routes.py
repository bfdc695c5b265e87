"""Vertex AI over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from localgcp.core.http.discovery import Method
from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Service
from localgcp.core.state.operations import Operations
from localgcp.services.vertex.job_routes import job_handlers
from localgcp.services.vertex.jobs.store import TrainingJobStore

_PREFIX = "aiplatform.projects.locations"


class Part(Protocol):
    """A part of the service that does work of its own."""

    def start(self) -> None:
        """Resume what an earlier server left unfinished."""

    def stop(self) -> None:
        """End all work; the state is still open."""


def service(operations: Operations, resources: Sequence[Mapping[str, Handler]], parts: Sequence[Part]) -> Service:
    """Return the API with the methods that are implemented.

    Args:
        resources: the methods of each resource; all are in one service, because they share one large discovery
            document.
        parts: started in this order, and stopped in the opposite order.
    """

    def start() -> None:
        for part in parts:
            part.start()

    def stop() -> None:
        for part in reversed(parts):
            part.stop()

    handlers: dict[str, Handler] = operation_handlers(operations, f"{_PREFIX}.operations")
    for methods in resources:
        handlers |= methods
    # Bodies are parsed by the official messages, which take both spellings of a field and enums as integers.
    return Service(
        api="aiplatform", version="v1", handlers=handlers, extra=_polled_operations(handlers), checks_body=False,
        owns=operations.of("google.cloud.aiplatform"), start=start, stop=stop,
    )  # fmt: skip


def training_job_handlers(store: TrainingJobStore) -> dict[str, Handler]:
    """Return the methods of custom jobs and tuning jobs."""
    handlers: dict[str, Handler] = {}
    for kind, jobs in store.collections.items():
        handlers |= job_handlers(
            jobs, store.operations, create=partial(store.create, kind), cancel=store.runner.cancel,
            delete=partial(store.delete, kind),
        )  # fmt: skip
    return handlers


def _polled_operations(handlers: Iterable[str]) -> list[Method]:
    """Return the paths by which the Python clients read operations over REST: `/ui/` where the document has `/v1/`."""
    found = []
    for method_id in handlers:
        if method_id.endswith(".operations.get"):
            pattern = "/".join(f"{collection}/[^/]+" for collection in method_id.split(".")[1:-1])
            found.append(Method(method_id, "GET", "/ui/{+name}", {"name": {"pattern": f"^{pattern}$"}}, None))
    return found
