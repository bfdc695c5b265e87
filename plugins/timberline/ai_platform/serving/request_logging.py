"""Translates the request logging of a v1 version to a field of Vertex AI endpoints. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.run.errors import AiPlatformError


def request_logging(config: Mapping[str, Any], path: str, notes: Notes) -> dict[str, Any]:
    """Return the Endpoint fields of a v1 RequestLoggingConfig; none for an empty config.

    Args:
        config: the v1 RequestLoggingConfig.
        path: the field's path in messages.
        notes: receives the notes.

    Raises:
        AiPlatformError: the table or the share of requests is invalid.
    """
    if not config:
        return {}
    rate = float(config.get("samplingPercentage", 0.0))
    if not 0.0 <= rate <= 1.0:
        raise AiPlatformError(f"{path}.samplingPercentage: expected a fraction from 0 to 1, found {rate}")
    table = str(config.get("bigqueryTableName", ""))
    if table.count(".") < 2 or not all(table.rsplit(".", 2)):
        raise AiPlatformError(f"{path}.bigqueryTableName: expected project.dataset.table, found {table!r}")
    if rate == 0.0:
        notes.substitute(path, "a share of 0 -> no logging")
        return {}
    notes.warn(
        path,
        "Vertex AI logs all versions of an endpoint, in columns of its own: name a table that v1 did not write to",
    )
    destination = {"outputUri": "bq://" + ".".join(table.rsplit(".", 2))}
    settings = {"enabled": True, "samplingRate": rate, "bigqueryDestination": destination}
    return {"predictRequestResponseLoggingConfig": settings}
