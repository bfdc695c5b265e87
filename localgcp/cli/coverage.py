"""Which methods of each served API are implemented: the registered handlers against Google's discovery documents."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localgcp.core.http.discovery import Document
from localgcp.core.http.routing import Service
from localgcp.core.http.settings import Settings
from localgcp.server.server import Server

# The containers of all resources of an API, which are left out of short names.
_CONTAINERS = ("projects", "locations")


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """One API, or a part of it.

    Attributes:
        api, version: the name of the discovery document, for example `storage` `v1`.
        served: the ids of the implemented methods, sorted.
        missing: the ids of the methods that answer 501, sorted.
        undeclared: the implemented methods of Google that the document leaves out.
    """

    api: str
    version: str
    served: tuple[str, ...]
    missing: tuple[str, ...]
    undeclared: tuple[str, ...] = ()

    def part(self, resources: Iterable[str], *, others: bool = False) -> "Coverage":
        """Return the coverage of these resources of the API, or with `others` that of all other resources."""
        wanted = set(resources)

        def kept(ids: Iterable[str]) -> tuple[str, ...]:
            return tuple(name for name in ids if (resource(name) in wanted) is not others)

        return Coverage(
            api=self.api, version=self.version, served=kept(self.served), missing=kept(self.missing),
            undeclared=kept(self.undeclared),
        )  # fmt: skip

    def summary(self) -> str:
        """Return how many of the document's methods are implemented."""
        declared = len(self.served) - len(self.undeclared)
        beside = f", and {len(self.undeclared)} that its discovery document leaves out" if self.undeclared else ""
        return f"{declared} of {declared + len(self.missing)} methods{beside}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of `coverage --format json`."""
        methods = dict.fromkeys(self.served, "supported") | dict.fromkeys(self.missing, "not implemented")
        return {"api": self.api, "version": self.version, "methods": dict(sorted(methods.items()))}


def of_services(services: Sequence[Service]) -> list[Coverage]:
    """Compare the handlers of each service with the discovery document of its API."""
    return [_of_service(service) for service in services]


def _of_service(service: Service) -> Coverage:
    declared = {method.id for method in Document(service.api, service.version).methods()}
    served = set(service.handlers)
    return Coverage(
        api=service.api, version=service.version, served=tuple(sorted(served)),
        missing=tuple(sorted((declared | {method.id for method in service.extra}) - served)),
        undeclared=tuple(sorted(served - declared)),
    )  # fmt: skip


def of_this_version() -> list[Coverage]:
    """Return the coverage of the APIs that a server serves, in its order."""
    # The handlers are in the services, which need a state folder.
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Settings(state_dir=Path(folder)))
        server.stop()
        return of_services(server.application.services)


def resource(method_id: str) -> str:
    """Return the resource that a method belongs to: `endpoints` of `aiplatform.projects.locations.endpoints.get`."""
    return _inner(method_id)[0]


def _inner(method_id: str) -> list[str]:
    """Return a method's id as a path below its API, without the containers."""
    path = method_id.split(".")[1:]
    while len(path) > 2 and path[0] in _CONTAINERS:
        path = path[1:]
    return path


def compact(ids: Iterable[str], served: Iterable[str]) -> list[str]:
    """Return the methods as short text: a resource without implemented methods as its name and their number.

    Args:
        ids: the methods to list.
        served: the implemented methods; the methods of a resource that has one of these are listed one by one.
    """
    served_paths = [_inner(name) for name in served]
    with_served = {tuple(path[:depth]) for path in served_paths for depth in range(1, len(path))}
    whole: dict[str, int] = {}
    for method_id in ids:
        path = _inner(method_id)
        # The outermost resource without implemented methods, or the method itself.
        depth = next((depth for depth in range(1, len(path)) if tuple(path[:depth]) not in with_served), len(path))
        # Some methods exist with and without a location, and would have the short name of an implemented method.
        name = method_id if path in served_paths else ".".join(path[:depth])
        whole[name] = whole.get(name, 0) + (depth < len(path))
    return [f"`{name}` ({count})" if count else f"`{name}`" for name, count in sorted(whole.items())]


def as_text(coverages: Iterable[Coverage]) -> str:
    """Return the coverage for a terminal."""
    blocks = []
    for coverage in coverages:
        lines = [f"{coverage.api} {coverage.version}: {coverage.summary()}"]
        lines += [f"  supported        {name}" for name in coverage.served]
        lines += [f"  not implemented  {name}" for name in coverage.missing]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def as_json(coverages: Iterable[Coverage]) -> str:
    """Return the coverage for a program."""
    return json.dumps([coverage.to_json() for coverage in coverages], indent=2)
