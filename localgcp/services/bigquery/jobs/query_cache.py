"""Cached results: the same query over unchanged tables returns the rows of an earlier job, and is billed no bytes.

https://cloud.google.com/bigquery/docs/cached-results
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName

_MOST = 10_000
# BigQuery empties a streaming buffer within this time.
_BUFFER_MS = 90 * 60_000
_NOT_DETERMINISTIC = (
    "RAND",
    "GENERATE_UUID",
    "SESSION_USER",
    "CURRENT_USER",
    "CURRENT_DATE",
    "CURRENT_DATETIME",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
)


def is_deterministic(statement: exp.Expr) -> bool:
    """Tell whether a statement returns the same rows as long as its tables do not change.

    Args:
        statement: with views and routines replaced by what they stand for.
    """
    for node in statement.find_all(exp.Func, exp.TableSample):
        if isinstance(node, exp.TableSample):
            return False
        assert isinstance(node, exp.Func)
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if name.upper() in _NOT_DETERMINISTIC:
            return False
    return True


def is_streamed(names: Iterable[TableName], streamed_ms: Mapping[TableName, int], now_ms: int) -> bool:
    """Tell whether one of some tables can have a streaming buffer.

    Args:
        names: the tables.
        streamed_ms: when rows were last streamed into a table.
        now_ms: the time. Both are in milliseconds since 1970.
    """
    return any(now_ms - streamed_ms.get(name, -_BUFFER_MS) < _BUFFER_MS for name in names)


def cache_key(query: Mapping[str, Any], project: str, sql: str, read: Iterable[TableEntry]) -> str:
    """Return a hash of all that decides the rows of a query: its text, its settings, and the state of what it reads.

    Args:
        query: `configuration.query` of the job.
        project: the project of the job.
        sql: the compiled query, which contains the bodies of views and functions as they are now.
        read: the tables and views that the query reads.
    """
    tables = sorted((str(entry.name), entry.physical, entry.version, entry.modified_ms) for entry in read)
    asked = [query.get(name) for name in ("query", "queryParameters", "defaultDataset")]
    return hashlib.sha256(json.dumps([project, asked, sql, tables]).encode()).hexdigest()


class QueryCache:
    """Maps the keys of queries to their results, as long as the results exist."""

    def __init__(self, results: QueryResults) -> None:
        self._results = results
        self._lock = threading.Lock()
        self._known: OrderedDict[str, TableName] = OrderedDict()

    def find(self, key: str) -> TableName | None:
        """Return the cached result of a query; None if the cache lacks it or it has expired."""
        with self._lock:
            name = self._known.get(key)
        return name if name is not None and self._results.find(name) is not None else None

    def store(self, key: str, name: TableName) -> None:
        """Store the result of a query; the oldest one goes when there are too many."""
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = name
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
