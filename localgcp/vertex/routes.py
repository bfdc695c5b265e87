"""Vertex AI over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs."""

from typing import Any

from localgcp.routing import Handler, Request, Service
from localgcp.vertex.messages import Kind
from localgcp.vertex.store import COLLECTIONS, VertexStore

_PREFIX = "aiplatform.projects.locations"
_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")


def service(store: VertexStore) -> Service:
    """Return the API with the methods that are implemented."""
    handlers: dict[str, Handler] = {}
    for kind in Kind:
        handlers |= _handlers(store, kind)
    handlers |= store.operations.handlers(f"{_PREFIX}.operations")
    # Bodies are parsed by the official messages, which take both spellings of a field and enums as integers.
    return Service(
        api="aiplatform", version="v1", handlers=handlers, checks_body=False, start=store.start, stop=store.stop
    )


def _handlers(store: VertexStore, kind: Kind) -> dict[str, Handler]:
    prefix = f"{_PREFIX}.{COLLECTIONS[kind]}"

    def answer(request: Request, job: dict[str, Any]) -> dict[str, Any]:
        wants_integers = "enum-encoding=int" in (request.one("$alt") or "")
        return store.messages.enums_as_integers(kind, job) if wants_integers else job

    def list_jobs(request: Request) -> dict[str, Any]:
        found = store.list_jobs(kind, request.params["parent"], {name: request.one(name) for name in _LIST_PARAMETERS})
        return found | {COLLECTIONS[kind]: [answer(request, job) for job in found[COLLECTIONS[kind]]]}

    def cancel(request: Request) -> dict[str, Any]:
        store.cancel(request.params["name"])
        return {}

    return {
        f"{prefix}.create": lambda request: answer(
            request, store.create(kind, request.params["parent"], request.json())
        ),
        f"{prefix}.get": lambda request: answer(request, store.get(request.params["name"])),
        f"{prefix}.list": list_jobs,
        f"{prefix}.cancel": cancel,
        f"{prefix}.delete": lambda request: store.delete(request.params["name"]),
    }
