"""Log entries: read from the logs of jobs, and those that clients write."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from localgcp.core.conventions.filters import as_timestamp
from localgcp.core.conventions.paging import page
from localgcp.core.http.errors import invalid_argument, not_found, unimplemented
from localgcp.core.state.operations import now
from localgcp.core.state.state import State
from localgcp.services.cloudlogging.entries import Entry, entries, frame, rfc3339
from localgcp.services.cloudlogging.query import SEVERITIES, Query, compile_query
from localgcp.services.vertex.log_sources import LogSource

Sources = Callable[[str], Iterable[LogSource]]

_DEFAULT_PAGE, _LARGEST_PAGE = 50, 1000
_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}
_PROJECT = re.compile(r"projects/(?P<project>[^/]+)(?:/locations/[^/]+/buckets/[^/]+/views/[^/]+)?")
_LOG = re.compile(r"projects/(?P<project>[^/]+)/logs/(?P<id>.+)")
_PAYLOADS = ("textPayload", "jsonPayload", "protoPayload")


class LogStore:
    """The entries of all projects."""

    def __init__(self, state: State, sources: Sources) -> None:
        """Take the source of the logs of jobs, by project."""
        self._sources = sources
        self._written = state.collection("logging.entries")

    def list_entries(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return one page of entries, oldest first unless the request says otherwise.

        Raises:
            ApiError: 400 for a filter, an order, a resource or a token that is not well formed.
        """
        query = compile_query(request.get("filter", ""))
        order = " ".join(request.get("orderBy", "").split())
        if order not in _ORDERS:
            raise invalid_argument(f"order_by: expected timestamp asc or timestamp desc, and found {order!r}.")
        size = int(request.get("pageSize", 0))
        if size < 0:
            raise invalid_argument(f"page_size: must not be negative, and is {size}.")
        projects = dict.fromkeys(_projects(request))
        found = [entry for project in projects for entry in self._entries(project, query)]
        found.sort(key=_key, reverse=_ORDERS[order])
        items, token = page(
            found, size or _DEFAULT_PAGE, request.get("pageToken"), limit=_LARGEST_PAGE, key=lambda one: str(_key(one))
        )
        return {"entries": items} | ({"nextPageToken": token} if token else {})

    def list_logs(self, parent: str, size: int, token: str | None) -> dict[str, Any]:
        """Return one page of the names of a project's logs that have entries."""
        project = parent.removeprefix("projects/")
        of_jobs = {frame(source, project)["logName"] for source in self._sources(project) if source.path.exists()}
        written = {entry["logName"] for entry in self._written.values(f"{parent}/")}
        names, after = page(sorted(of_jobs | written), size, token, limit=_LARGEST_PAGE)
        return {"logNames": names} | ({"nextPageToken": after} if after else {})

    def write(self, request: Mapping[str, Any]) -> None:
        """Store entries; one with the time and the insert id of another in its project takes its place.

        Raises:
            ApiError: 400 for an entry that is not well formed; then none is stored.
        """
        prepared = [_prepared(raw, request) for raw in request["entries"]]
        if not request.get("dryRun"):
            for entry in prepared:
                project = entry["logName"].partition("/logs/")[0]
                self._written.put(f"{project}/{entry['timestamp']}/{entry['insertId']}", entry)

    def delete_log(self, name: str) -> None:
        """Delete what clients wrote to a log.

        Raises:
            ApiError: 404 where there is nothing.
        """
        canonical = _log_name(name)
        prefix = canonical.partition("/logs/")[0]
        doomed = [
            f"{prefix}/{entry['timestamp']}/{entry['insertId']}"
            for entry in self._written.values(f"{prefix}/")
            if entry["logName"] == canonical
        ]
        if not doomed:
            raise not_found(f"The log {name} holds no entries that were written to it. Those of a job go with the job.")
        for each in doomed:
            self._written.delete(each)

    def _entries(self, project: str, query: Query) -> Iterator[Entry]:
        for source in self._sources(project):
            shared = frame(source, project)
            if query.could_match(shared):
                yield from filter(query.matches, entries(source, shared))
        yield from filter(query.matches, self._written.values(f"projects/{project}/"))


def _key(entry: Entry) -> tuple[str, str]:
    return entry["timestamp"], entry["insertId"]


def _projects(request: Mapping[str, Any]) -> Iterator[str]:
    names = [*request.get("resourceNames", []), *(f"projects/{one}" for one in request.get("projectIds", []))]
    if not names:
        raise invalid_argument("resource_names: at least one is needed, for example projects/my-project.")
    for name in names:
        if name.startswith(("organizations/", "billingAccounts/", "folders/")):
            raise unimplemented(f"resource_names {name}")
        found = _PROJECT.fullmatch(name)
        if found is None:
            raise invalid_argument(f"resource_names: {name!r} is not the name of a project or of a log view.")
        yield found["project"]


def _log_name(name: str) -> str:
    found = _LOG.fullmatch(name.removeprefix("/"))
    if found is None:
        raise invalid_argument(f"log_name: expected projects/PROJECT/logs/LOG, and found {name!r}.")
    return f"projects/{found['project']}/logs/{quote(unquote(found['id']), safe='')}"


def _prepared(raw: Mapping[str, Any], request: Mapping[str, Any]) -> Entry:
    """Return an entry with what the request says of all, and what Cloud Logging adds."""
    time, log = now(), _log_name(raw.get("logName") or request.get("logName", ""))
    project = log.split("/")[1]
    if sum(name in raw for name in _PAYLOADS) > 1:
        raise invalid_argument(f"entries: an entry has one of {', '.join(_PAYLOADS)}.")
    severity = str(raw.get("severity") or "DEFAULT").upper()
    if severity not in SEVERITIES:
        raise invalid_argument(f"entries.severity: expected one of {', '.join(SEVERITIES)}, and found {severity!r}.")
    asked = as_timestamp(raw.get("timestamp", time))
    if asked is None:
        raise invalid_argument(f"entries.timestamp: {raw['timestamp']!r} is not a time.")
    resource = raw.get("resource") or request.get("resource") or {"type": "global", "labels": {"project_id": project}}
    labels = {**request.get("labels", {}), **raw.get("labels", {})}
    return {
        **raw, "logName": log, "resource": resource, **({"labels": labels} if labels else {}),
        "severity": severity, "timestamp": rfc3339(asked), "receiveTimestamp": time,
        "insertId": raw.get("insertId") or uuid4().hex[:16],
    }  # fmt: skip
