"""The HTTP methods of long-running operations."""

from localgcp.core.http.routing import Handler
from localgcp.core.state.operations import Operations


def operation_handlers(operations: Operations, prefix: str) -> dict[str, Handler]:
    """Return the handler of `<prefix>.get`, for example for `aiplatform.projects.locations.operations`."""
    return {f"{prefix}.get": lambda request: operations.get(request.params["name"])}
