"""The handlers of Cloud Logging: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries."""

from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.masks import camel
from localgcp.core.http.discovery import document_of
from localgcp.core.http.routing import Request, Service
from localgcp.services.cloudlogging.store import LogStore


def service(store: LogStore) -> Service:
    """Return the service with the implemented methods."""
    document = document_of("logging", "v2")

    def body(request: Request, schema: str) -> dict[str, Any]:
        # google-cloud-logging writes `dry_run`, which Google accepts too.
        found = {camel(name): value for name, value in _without_nulls(request.json()).items()}
        document.check_body(schema, found)
        for name, value in found.items():
            if isinstance(value, list) and None in value:
                raise invalid_argument(f"Invalid value at '{name}': null is not an element of a list.")
        return found

    def write(request: Request) -> dict[str, Any]:
        asked = body(request, "WriteLogEntriesRequest")
        store.write(asked | {"entries": [_without_nulls(entry) for entry in asked.get("entries", [])]})
        return {}

    def delete(request: Request) -> dict[str, Any]:
        store.delete_log(request.params["logName"])
        return {}

    def list_logs(request: Request) -> dict[str, Any]:
        return store.list_logs(request.params["parent"], int(request.one("pageSize") or 0), request.one("pageToken"))

    handlers = {
        "logging.entries.list": lambda request: store.list_entries(body(request, "ListLogEntriesRequest")),
        "logging.entries.write": write,
        "logging.projects.logs.list": list_logs,
        "logging.projects.logs.delete": delete,
    }
    return Service(api="logging", version="v2", handlers=handlers, checks_body=False)


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not null; in the JSON form of protobuf messages, null means "not set"."""
    return {name: value for name, value in fields.items() if value is not None}
