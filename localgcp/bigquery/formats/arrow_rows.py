"""Rows made in Python, given to DuckDB batch by batch: never more than one batch of them is in memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

import pyarrow as pa

from localgcp.bigquery.engine import Cursor
from localgcp.bigquery.schema import Field, quote

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
        failure: what the making of a row has failed with; DuckDB's own error then says nothing of use.
    """

    def __init__(self, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> None:
        """Take rows, each with the cells of all fields in their order."""
        self._fields = fields
        self._rows = rows
        self._schema = pa.schema([(field.name, arrow_type(field)) for field in fields])
        self.failure: Exception | None = None

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows."""
        name = f"rows_{uuid4().hex}"
        cursor.register(name, pa.RecordBatchReader.from_batches(self._schema, self._batches()))
        columns = ", ".join(
            f"CAST({quote(field.name)} AS {field.duckdb_type}) AS {quote(field.name)}" for field in self._fields
        )
        return f"SELECT {columns} FROM {quote(name)}"

    def _batches(self) -> Iterator[pa.RecordBatch]:
        rows = iter(self._rows)
        try:
            while chunk := list(islice(rows, _BATCH_ROWS)):
                columns = [
                    pa.array(cells, item.type)
                    for cells, item in zip(zip(*chunk, strict=True), self._schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=self._schema)
        except Exception as error:
            self.failure = error
            raise


def arrow_type(field: Field) -> pa.DataType:
    """Return the type in which a field's cells are handed over; text where DuckDB makes the value of it."""
    if field.mode == "REPEATED":
        return pa.list_(arrow_type(field.element))
    if field.fields:
        return pa.struct([(inner.name, arrow_type(inner)) for inner in field.fields])
    return _TYPES.get(field.type, pa.string())
