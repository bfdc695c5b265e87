"""Log entries: those from the logs of jobs, and those that clients write."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument, not_found, unimplemented
from localgcp.core.conventions.filters import as_timestamp
from localgcp.core.conventions.paging import page
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.state import State
from localgcp.services.cloudlogging.entries import Entry, entries, rfc3339, shared_fields
from localgcp.services.cloudlogging.log_filter import SEVERITIES, LogFilter, compile_log_filter
from localgcp.services.vertex.jobs.log_sources import LogSource

Sources = Callable[[str], Iterable[LogSource]]

_DEFAULT_PAGE, _LARGEST_PAGE = 50, 1000
_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}
_PROJECT = re.compile(r"projects/(?P<project>[^/]+)(?:/locations/[^/]+/buckets/[^/]+/views/[^/]+)?")
_LOG = re.compile(r"projects/(?P<project>[^/]+)/logs/(?P<id>.+)")
_PAYLOADS = ("textPayload", "jsonPayload", "protoPayload")


class LogStore:
    """The entries of all projects."""

    def __init__(self, state: State, sources: Sources) -> None:
        """Load the entries that clients wrote.

        Args:
            sources: returns the logs of the jobs of a project.
        """
        self._sources = sources
        self._written = state.collection("logging.entries")
        self._written.records(_check_stored)

    def list_entries(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return one page of entries, oldest first unless the request sets another order.

        Args:
            request: a ListLogEntriesRequest.

        Raises:
            ApiError: 400 for a malformed filter, order, resource name or page token.
        """
        wanted = compile_log_filter(request.get("filter", ""))
        order = " ".join(request.get("orderBy", "").split())
        if order not in _ORDERS:
            raise invalid_argument(f"order_by: expected timestamp asc or timestamp desc, found {order!r}.")
        size = int(request.get("pageSize", 0))
        if size < 0:
            raise invalid_argument(f"page_size: expected a number that is not negative, found {size}.")
        projects = dict.fromkeys(_projects(request))
        found = [entry for project in projects for entry in self._entries(project, wanted)]
        found.sort(key=_key, reverse=_ORDERS[order])
        items, token = page(
            found, size or _DEFAULT_PAGE, request.get("pageToken"), limit=_LARGEST_PAGE, key=lambda one: str(_key(one))
        )
        return {"entries": items} | ({"nextPageToken": token} if token else {})

    def list_logs(self, parent: str, size: int, token: str | None) -> dict[str, Any]:
        """Return one page of the names of the logs of a project that have entries."""
        project = parent.removeprefix("projects/")
        of_jobs = {
            shared_fields(source, project)["logName"] for source in self._sources(project) if source.path.exists()
        }
        written = {entry["logName"] for entry in self._written.values(f"{parent}/")}
        names, after = page(sorted(of_jobs | written), size, token, limit=_LARGEST_PAGE)
        return {"logNames": names} | ({"nextPageToken": after} if after else {})

    def write(self, request: Mapping[str, Any]) -> None:
        """Store entries; an entry replaces another of its project with the same timestamp and insert id.

        Args:
            request: a WriteLogEntriesRequest.

        Raises:
            ApiError: 400 for a malformed entry; the server then stores no entry of the request.
        """
        prepared = [_prepared(raw, request) for raw in request["entries"]]
        if not request.get("dryRun"):
            for entry in prepared:
                project = entry["logName"].partition("/logs/")[0]
                self._written.put(f"{project}/{entry['timestamp']}/{entry['insertId']}", entry)

    def delete_log(self, name: str) -> None:
        """Delete the entries that clients wrote to a log.

        Raises:
            ApiError: 404 for a log without such entries.
        """
        canonical = _log_name(name)
        prefix = canonical.partition("/logs/")[0]
        keys = [
            f"{prefix}/{entry['timestamp']}/{entry['insertId']}"
            for entry in self._written.values(f"{prefix}/")
            if entry["logName"] == canonical
        ]
        if not keys:
            raise not_found(
                f"The log {name} has no entries that clients wrote. Delete a job to delete the entries of its log."
            )
        for key in keys:
            self._written.delete(key)

    def _entries(self, project: str, wanted: LogFilter) -> Iterator[Entry]:
        for source in self._sources(project):
            shared = shared_fields(source, project)
            if wanted.could_match(shared):
                yield from filter(wanted.matches, entries(source, shared))
        yield from filter(wanted.matches, self._written.values(f"projects/{project}/"))


def _check_stored(entry: Entry) -> None:
    """Raise an error for a stored entry without the fields that each entry needs."""
    _ = entry["logName"], _key(entry), SEVERITIES[entry["severity"]]


def _key(entry: Entry) -> tuple[str, str]:
    return entry["timestamp"], entry["insertId"]


def _projects(request: Mapping[str, Any]) -> Iterator[str]:
    names = [*request.get("resourceNames", []), *(f"projects/{one}" for one in request.get("projectIds", []))]
    if not names:
        raise invalid_argument("resource_names: expected at least one name, for example projects/my-project.")
    for name in names:
        if name.startswith(("organizations/", "billingAccounts/", "folders/")):
            raise unimplemented(f"resource_names {name}")
        found = _PROJECT.fullmatch(name)
        if found is None:
            raise invalid_argument(
                f"resource_names: expected projects/PROJECT or the name of a log view, found {name!r}."
            )
        yield found["project"]


def _log_name(name: str) -> str:
    found = _LOG.fullmatch(name.removeprefix("/"))
    if found is None:
        raise invalid_argument(f"log_name: expected projects/PROJECT/logs/LOG, found {name!r}.")
    return f"projects/{found['project']}/logs/{quote(unquote(found['id']), safe='')}"


def _prepared(raw: Mapping[str, Any], request: Mapping[str, Any]) -> Entry:
    """Return an entry with the defaults of the request, and the fields that Cloud Logging adds."""
    time, log = CLOCK.text(), _log_name(raw.get("logName") or request.get("logName", ""))
    project = log.split("/")[1]
    if sum(name in raw for name in _PAYLOADS) > 1:
        raise invalid_argument(f"entries: an entry may have only one of {', '.join(_PAYLOADS)}.")
    severity = str(raw.get("severity") or "DEFAULT").upper()
    if severity not in SEVERITIES:
        raise invalid_argument(f"entries.severity: expected one of {', '.join(SEVERITIES)}, found {severity!r}.")
    asked = as_timestamp(raw.get("timestamp", time))
    if asked is None:
        raise invalid_argument(f"entries.timestamp: expected a time in RFC 3339, found {raw['timestamp']!r}.")
    resource = raw.get("resource") or request.get("resource") or {"type": "global", "labels": {"project_id": project}}
    labels = {**request.get("labels", {}), **raw.get("labels", {})}
    return {
        **raw, "logName": log, "resource": resource, **({"labels": labels} if labels else {}),
        "severity": severity, "timestamp": rfc3339(asked), "receiveTimestamp": time,
        "insertId": raw.get("insertId") or uuid4().hex[:16],
    }  # fmt: skip
