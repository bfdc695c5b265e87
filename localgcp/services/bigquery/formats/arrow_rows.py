"""Passes rows that Python makes to DuckDB in batches, of which only one is in memory at a time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.types.schema import Field, quote

_BATCH_ROWS = 8192
_TYPES = {
    "BYTES": pa.binary(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "DATETIME": pa.timestamp("us"),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "NUMERIC": pa.decimal128(38, 9),
}


class ArrowRows:
    """Rows that DuckDB can select from once.

    Attributes:
        failure: the error that stopped the making of rows; the error of DuckDB does not contain it.
    """

    def __init__(self, fields: Sequence[Field], batches: Iterable[pa.RecordBatch]) -> None:
        """Store the rows.

        Args:
            fields: the columns.
            batches: the rows, in batches with all columns.
        """
        self._fields = fields
        self._batches = batches
        self.failure: Exception | None = None

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows."""
        name = f"rows_{uuid4().hex}"
        cursor.register(name, pa.RecordBatchReader.from_batches(arrow_schema(self._fields), self._watched()))
        columns = ", ".join(
            f"CAST({quote(field.name)} AS {field.duckdb_type}) AS {quote(field.name)}" for field in self._fields
        )
        return f"SELECT {columns} FROM {quote(name)}"

    def problem(self, error: duckdb.Error) -> str:
        """Return why the query failed."""
        return str(self.failure) if self.failure is not None else message_of(error)

    def _watched(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except Exception as error:
            self.failure = error
            raise


def batches_of(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> Iterator[pa.RecordBatch]:
    """Yield rows in batches.

    Args:
        fields: the columns.
        rows: each with the cells of all columns, in their order.
    """
    schema = arrow_schema(fields)
    left = iter(rows)
    while chunk := list(islice(left, _BATCH_ROWS)):
        columns = [pa.array(cells, item.type) for cells, item in zip(zip(*chunk, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def arrow_schema(fields: Sequence[Field]) -> pa.Schema:
    """Return the Arrow schema in which DuckDB gets the cells of these fields."""
    return pa.schema([(field.name, arrow_type(field)) for field in fields])


def arrow_type(field: Field) -> pa.DataType:
    """Return the Arrow type in which DuckDB gets the cells of a field; text where DuckDB parses the value."""
    if field.mode == "REPEATED":
        return pa.list_(arrow_type(field.element))
    if field.fields:
        return pa.struct([(inner.name, arrow_type(inner)) for inner in field.fields])
    return _TYPES.get(field.type, pa.string())
