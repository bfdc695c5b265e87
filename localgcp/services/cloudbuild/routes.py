"""The handlers of Cloud Build: https://cloud.google.com/build/docs/api/reference/rest."""

from typing import Any

from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Request, Service
from localgcp.services.cloudbuild.store import BuildStore

_LIST_PARAMETERS = ("filter", "pageSize", "pageToken")


def service(store: BuildStore) -> Service:
    """Return the service with the implemented methods."""
    handlers: dict[str, Handler] = {
        "cloudbuild.projects.builds.create": lambda request: _create(store, request),
        "cloudbuild.projects.builds.get": lambda request: store.get(request.params["id"]),
        "cloudbuild.projects.builds.list": lambda request: _list(store, request, request.params["projectId"]),
        "cloudbuild.projects.builds.cancel": lambda request: store.cancel(request.params["id"]),
        "cloudbuild.projects.locations.builds.create": lambda request: _create(store, request),
        "cloudbuild.projects.locations.builds.get": lambda request: store.get(_last(request)),
        "cloudbuild.projects.locations.builds.list": lambda request: _list(
            store, request, request.params["parent"].split("/")[1]
        ),
        "cloudbuild.projects.locations.builds.cancel": lambda request: store.cancel(_last(request)),
        **operation_handlers(store.operations, "cloudbuild.projects.locations.operations"),
    }
    owns = store.operations.of("google.devtools.cloudbuild")
    return Service(api="cloudbuild", version="v1", handlers=handlers, owns=owns, start=store.start, stop=store.stop)


def _create(store: BuildStore, request: Request) -> dict[str, Any]:
    # Clients use the global path for regional builds too, with the parent as a query parameter.
    parent = request.params.get("parent") or request.one("parent")
    if not parent:
        return store.create(request.params["projectId"], "global", request.json())
    _, project, _, location = parent.split("/")
    return store.create(project, location, request.json())


def _list(store: BuildStore, request: Request, project: str) -> dict[str, Any]:
    return store.list_builds(project, {name: request.one(name) for name in _LIST_PARAMETERS})


def _last(request: Request) -> str:
    return request.params["name"].rpartition("/")[2]
