"""Plans statements to find what they return and which columns they read, without reading any row.

BigQuery bills whole columns: those that a statement refers to. DuckDB's plan names these columns if only those
optimizers run that remove unused columns; others move filters into scans, or answer from statistics. So statements are
planned in a database in memory, which holds the referenced tables without rows and has the other optimizers disabled.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.types.schema import Field, columns_ddl, quote

_KEPT_OPTIMIZERS = frozenset(
    {"unused_columns", "cte_inlining", "deliminator", "unnest_rewriter", "remove_duplicate_groups"}
)
_MOST_SHAPES = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A physical table without its rows."""

    physical: str
    fields: tuple[Field, ...]


class Planner:
    """Plans DuckDB statements over empty tables."""

    def __init__(self) -> None:
        self._root = duckdb.connect(":memory:", config={"threads": 1})
        configure(self._root)
        names = [row[0] for row in self._root.execute("SELECT * FROM duckdb_optimizers()").fetchall()]
        disabled = ",".join(name for name in names if name not in _KEPT_OPTIMIZERS)
        self._root.execute(f"SET GLOBAL disabled_optimizers = '{disabled}'")
        self._lock = threading.Lock()
        self._known: dict[str, Shape] = {}

    def add_tables(self, shapes: Sequence[Shape]) -> None:
        """Create the tables that the next statements refer to, unless they are there with the same columns."""
        with self._lock:
            if len(self._known) > _MOST_SHAPES:
                self._drop_all()
            for shape in shapes:
                if self._known.get(shape.physical) != shape:
                    self._root.execute(f"CREATE OR REPLACE TABLE {quote(shape.physical)} ({columns_ddl(shape.fields)})")
                    self._known[shape.physical] = shape

    def fields_of(self, physical: str) -> tuple[Field, ...]:
        """Return the columns of a physical table; empty if the table was not learnt."""
        shape = self._known.get(physical)
        return shape.fields if shape is not None else ()

    def _drop_all(self) -> None:
        for physical in self._known:
            self._root.execute(f"DROP TABLE {quote(physical)}")
        self._known.clear()

    def columns(self, sql: str) -> list[tuple[str, Any]]:
        """Return the name and the DuckDB type of each column of a query.

        Raises:
            duckdb.Error: the query is not valid.
        """
        cursor = self._root.cursor()
        try:
            relation = cursor.sql(sql)
            return list(zip(relation.columns, relation.types, strict=True))
        finally:
            cursor.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query that reads no table.

        Raises:
            duckdb.Error: the query is not valid, or fails.
        """
        cursor = self._root.cursor()
        try:
            return list(cursor.execute(sql).fetchall())
        finally:
            cursor.close()

    def check(self, sql: str) -> None:
        """Plan a statement.

        Raises:
            duckdb.Error: it is not valid.
        """
        self.scanned(sql)

    def scanned(self, sql: str) -> dict[str, set[str]]:
        """Return the columns that a statement refers to, by physical table.

        Raises:
            duckdb.Error: the statement is not valid.
        """
        cursor = self._root.cursor()
        try:
            rows = cursor.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        finally:
            cursor.close()
        found: dict[str, set[str]] = defaultdict(set)
        for node in json.loads(rows[0][1]):
            _collect(node, found)
        return dict(found)


def _collect(node: dict[str, Any], found: dict[str, set[str]]) -> None:
    info = node["extra_info"]
    if "Table" in info:
        projections = info.get("Projections") or []
        names = [projections] if isinstance(projections, str) else projections
        found[info["Table"].split(".")[-1]].update(names)
    for child in node["children"]:
        _collect(child, found)
