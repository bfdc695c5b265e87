"""What the operations of Vertex AI carry, and what all deletions of jobs have in common."""

from typing import Any

from localgcp.core.conventions.errors import ApiError, failed_precondition
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation, Operations

TYPE = "type.googleapis.com/google.cloud.aiplatform.v1"
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}


def operation_metadata(kind: str, **fields: Any) -> dict[str, Any]:
    """Return the metadata of an operation that begins, or changes, now.

    Args:
        kind: the name of the message, for example `DeleteOperationMetadata`.
    """
    time = CLOCK.text()
    return {"@type": f"{TYPE}.{kind}", "genericMetadata": {"createTime": time, "updateTime": time}, **fields}


def deleted(operations: Operations, name: str) -> Operation:
    """Return the operation, which is done, of a job that was deleted."""
    parent = "/".join(name.split("/")[:4])
    return operations.completed(parent, operation_metadata("DeleteOperationMetadata"), EMPTY)


def not_ended(what: str, name: str, state: str) -> ApiError:
    """Return the refusal to delete what has not ended."""
    return failed_precondition(
        f"The {what} {name} is in state {state}. Cancel it, wait until it has ended, and delete it then."
    )
