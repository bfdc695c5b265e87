"""Long-running operations (google.longrunning), shared by all services: each API with operation methods reads them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, not_found, rpc_status
from localgcp.core.state.state import Collection, State

Operation = dict[str, Any]


class Operations:
    """The operations of all services."""

    def __init__(self, state: State) -> None:
        self._items: Collection = state.collection("operations")
        self._items.records(lambda raw: (raw["name"], dict(raw["metadata"]), bool(raw["done"])))

    def create(self, parent: str, metadata: dict[str, Any], *, operation_id: str | None = None) -> Operation:
        """Start an operation under a parent such as `projects/p/locations/l`; `metadata` carries its `@type`."""
        name = f"{parent}/operations/{operation_id or uuid4().int >> 65}"
        return self._save({"name": name, "metadata": metadata, "done": False})

    def completed(self, parent: str, metadata: dict[str, Any], response: dict[str, Any]) -> Operation:
        """Create an operation that has already succeeded; `response` carries its `@type`."""
        return self.succeed(self.create(parent, metadata)["name"], response)

    def succeed(self, name: str, response: dict[str, Any], metadata: dict[str, Any] | None = None) -> Operation:
        """End an operation with its response."""
        return self._finish(name, {"response": response}, metadata)

    def fail(self, name: str, error: ApiError, metadata: dict[str, Any] | None = None) -> Operation:
        """End an operation with an error."""
        return self._finish(name, {"error": rpc_status(error)}, metadata)

    def get(self, name: str) -> Operation:
        """Return one operation.

        Raises:
            ApiError: 404.
        """
        found = self._items.get(name)
        if found is None:
            raise not_found(f"Operation {name} not found.")
        return found

    def under(self, parent: str) -> list[Operation]:
        """Return the operations of a parent, by name."""
        return self._items.values(f"{parent}/operations/")

    def of(self, package: str) -> Callable[[Mapping[str, str]], bool]:
        """Return a predicate: whether path parameters may name an operation with metadata of a message package."""

        def owns(params: Mapping[str, str]) -> bool:
            found = self._items.get(params.get("name", ""))
            return found is None or f"/{package}." in found["metadata"].get("@type", "")

        return owns

    def _finish(self, name: str, outcome: dict[str, Any], metadata: dict[str, Any] | None) -> Operation:
        operation = self.get(name)
        return self._save({**operation, "metadata": metadata or operation["metadata"], "done": True, **outcome})

    def _save(self, operation: Operation) -> Operation:
        self._items.put(operation["name"], operation)
        return operation
