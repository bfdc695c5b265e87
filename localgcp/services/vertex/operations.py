"""The operations of Vertex AI: their metadata, and the operation of a deletion."""

from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation, Operations

TYPE = "type.googleapis.com/google.cloud.aiplatform.v1"
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}


def operation_metadata(kind: str, **fields: Any) -> dict[str, Any]:
    """Return the metadata of an operation that starts or changes at this moment.

    Args:
        kind: the name of the message, for example `DeleteOperationMetadata`.
        fields: other fields of the metadata.
    """
    time = CLOCK.text()
    return {"@type": f"{TYPE}.{kind}", "genericMetadata": {"createTime": time, "updateTime": time}, **fields}


def deleted(operations: Operations, name: str) -> Operation:
    """Return the completed operation of a job that was deleted."""
    parent = "/".join(name.split("/")[:4])
    return operations.completed(parent, operation_metadata("DeleteOperationMetadata"), EMPTY)
