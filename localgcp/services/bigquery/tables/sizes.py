"""The bytes that BigQuery bills for a table's columns.

https://cloud.google.com/bigquery/pricing#data: 8 bytes for INT64, FLOAT64, DATE, DATETIME, TIME and TIMESTAMP, 16 for
NUMERIC and INTERVAL, 32 for BIGNUMERIC, 1 for BOOL, 2 plus the UTF-8 length for STRING, 2 plus the length for BYTES,
the sum of its fields for a STRUCT, the sum of its elements for an ARRAY; NULL counts 0 bytes.
"""

import threading
from collections.abc import Iterable

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.partition_values import EVERYTHING, ValueSet
from localgcp.services.bigquery.types.schema import Field, quote

_FIXED = {
    "INTEGER": 8,
    "FLOAT": 8,
    "BOOLEAN": 1,
    "DATE": 8,
    "DATETIME": 8,
    "TIME": 8,
    "TIMESTAMP": 8,
    "NUMERIC": 16,
    "BIGNUMERIC": 32,
    "INTERVAL": 16,
}
_MINIMUM_BILLED = 10 << 20
_REMEMBERED = 5_000


class Sizes:
    """Measures each table once for each version of its rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], tuple[int, dict[str, int]]] = {}
        self._parts: dict[tuple[str, int], dict[str, tuple[int, dict[str, int]]]] = {}

    def measure(self, entry: TableEntry) -> tuple[int, dict[str, int]]:
        """Return the number of rows, and the bytes of each column."""
        key = (entry.physical, entry.version)
        found = self._known.get(key)
        if found is None:
            found = self._measure(entry)
            with self._lock:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[key] = found
        return found

    def partitions(self, entry: TableEntry) -> dict[str, tuple[int, dict[str, int]]]:
        """Return the number of rows and the bytes of each column by partition, in order of their names."""
        key = (entry.physical, entry.version)
        found = self._parts.get(key)
        if found is None:
            found = self._measure_partitions(entry)
            with self._lock:
                if len(self._parts) >= _REMEMBERED:
                    self._parts.clear()
                self._parts[key] = found
        return found

    def partition(self, entry: TableEntry, partition: str) -> tuple[int, int]:
        """Return the rows and the bytes of one partition."""
        rows, sizes = self.partitions(entry).get(partition, (0, {}))
        return rows, sum(sizes.values())

    def needed(self, entry: TableEntry, values: ValueSet | None) -> dict[str, int]:
        """Return the bytes of each column in the partitions that a statement needs.

        Args:
            entry: the table.
            values: the values of the partitioning column that the statement needs, or None for all.
        """
        partitioning = entry.partitioning
        if partitioning is None or values is None or values == EVERYTHING:
            return self.measure(entry)[1]
        found = dict.fromkeys((field.name for field in entry.fields), 0)
        for partition, (_, sizes) in self.partitions(entry).items():
            if not (partitioning.values(partition) & values).is_empty:
                found = {name: size + sizes[name] for name, size in found.items()}
        return found

    def row_count(self, entry: TableEntry) -> int:
        """Return the number of rows."""
        return self.measure(entry)[0]

    def table_bytes(self, entry: TableEntry) -> int:
        """Return the bytes of all columns."""
        return sum(self.measure(entry)[1].values())

    def _measure(self, entry: TableEntry) -> tuple[int, dict[str, int]]:
        if not entry.physical:
            return 0, {}
        terms = ["COUNT(*)", *(_column_bytes(field) for field in entry.fields)]
        with self._engine.reading() as cursor:
            row = cursor.execute(f"SELECT {', '.join(terms)} FROM {quote(entry.physical)}").fetchone()
        return row[0], {field.name: size for field, size in zip(entry.fields, row[1:], strict=True)}

    def _measure_partitions(self, entry: TableEntry) -> dict[str, tuple[int, dict[str, int]]]:
        if entry.partitioning is None:
            return {}
        terms = [entry.partitioning.id_sql(), "COUNT(*)", *(_column_bytes(field) for field in entry.fields)]
        sql = f"SELECT {', '.join(terms)} FROM {quote(entry.physical)} GROUP BY 1 ORDER BY 1"
        with self._engine.reading() as cursor:
            rows = cursor.execute(sql).fetchall()
        names = [field.name for field in entry.fields]
        return {row[0]: (row[1], dict(zip(names, row[2:], strict=True))) for row in rows}


def _column_bytes(field: Field) -> str:
    column = quote(field.name)
    if field.mode != "REPEATED" and field.type in _FIXED:
        return f"COUNT({column}) * {_FIXED[field.type]}"
    return f"CAST(COALESCE(SUM({bytes_of(field, column)}), 0) AS BIGINT)"


def bytes_of(field: Field, value: str) -> str:
    """Return a DuckDB expression for the bytes of one value."""
    if field.mode == "REPEATED":
        return f"COALESCE(list_sum(list_transform({value}, lambda item: {bytes_of(field.element, 'item')})), 0)"
    if field.type == "RECORD":
        return " + ".join(
            bytes_of(inner, f"struct_extract({value}, '{inner.name.replace(chr(39), chr(39) * 2)}')")
            for inner in field.fields
        )
    if field.type in _FIXED:
        return f"CASE WHEN {value} IS NULL THEN 0 ELSE {_FIXED[field.type]} END"
    length = f"octet_length({value})" if field.type == "BYTES" else f"strlen(CAST({value} AS VARCHAR))"
    return f"COALESCE(2 + {length}, 0)"


def billed(table_bytes: Iterable[int]) -> int:
    """Return the bytes that a query is billed: whole megabytes, and at least 10 for each table that it reads.

    Args:
        table_bytes: the bytes read of each table.
    """
    return sum(max(_MINIMUM_BILLED, -(-size // (1 << 20)) * (1 << 20)) for size in table_bytes if size)
