"""The handlers of Artifact Registry: https://cloud.google.com/artifact-registry/docs/reference/rest."""

from collections.abc import Callable, Mapping
from typing import Any

from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Request, Service
from localgcp.services.artifactregistry.store import RegistryStore

_PREFIX = "artifactregistry.projects.locations"
_REPOSITORIES = f"{_PREFIX}.repositories"

_Get = Callable[[str], dict[str, Any]]
_List = Callable[[str, Mapping[str, str | None]], dict[str, Any]]


def service(store: RegistryStore) -> Service:
    """Return the service with the implemented methods."""
    handlers: dict[str, Handler] = {
        f"{_REPOSITORIES}.create": lambda request: store.create_repository(
            request.params["parent"], request.one("repositoryId") or "", request.json()
        ),
        **_pair(_REPOSITORIES, store.repository, store.repositories),
        **_pair(f"{_REPOSITORIES}.packages", store.package, store.packages),
        **_pair(f"{_REPOSITORIES}.packages.tags", store.tag, store.tags),
        **_pair(f"{_REPOSITORIES}.packages.versions", store.version, store.versions),
        **_pair(f"{_REPOSITORIES}.dockerImages", store.image, store.images),
        f"{_REPOSITORIES}.packages.delete": lambda request: store.delete_package(request.params["name"]),
        f"{_REPOSITORIES}.packages.tags.delete": lambda request: store.delete_tag(request.params["name"]),
        f"{_REPOSITORIES}.packages.versions.delete": lambda request: store.delete_version(
            request.params["name"], force=request.flag("force")
        ),
        **operation_handlers(store.operations, f"{_PREFIX}.operations"),
    }
    owns = store.operations.of("google.devtools.artifactregistry")
    return Service(api="artifactregistry", version="v1", handlers=handlers, owns=owns)


def _pair(resource: str, get: _Get, list_page: _List) -> dict[str, Handler]:
    def answer_list(request: Request) -> dict[str, Any]:
        return list_page(request.params["parent"], {name: request.one(name) for name in ("pageSize", "pageToken")})

    return {f"{resource}.get": lambda request: get(request.params["name"]), f"{resource}.list": answer_list}
