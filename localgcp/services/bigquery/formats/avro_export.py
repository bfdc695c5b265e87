"""Writes rows as Avro files.

https://cloud.google.com/bigquery/docs/exporting-data#avro_export_details
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastavro.write import Writer

from localgcp.services.bigquery.engine import Cursor, read_batches
from localgcp.services.bigquery.types.schema import Field

_BATCH_ROWS = 8192
CODECS = {"": "null", "NONE": "null", "DEFLATE": "deflate", "SNAPPY": "snappy"}
_PRIMITIVES = {"STRING": "string", "BYTES": "bytes", "INTEGER": "long", "FLOAT": "double", "BOOLEAN": "boolean"}
_DECIMALS = {"NUMERIC": (38, 9), "BIGNUMERIC": (77, 38)}
_LOGICAL = {
    "DATE": {"type": "int", "logicalType": "date"},
    "TIME": {"type": "long", "logicalType": "time-micros"},
    "DATETIME": {"type": "string", "logicalType": "datetime"},
    "TIMESTAMP": {"type": "long", "logicalType": "timestamp-micros"},
}


@dataclass(frozen=True, slots=True)
class AvroTypes:
    """The column types that become logical Avro types; all others become text.

    Attributes:
        dates: whether DATE, TIME and DATETIME do.
        timestamps: whether TIMESTAMP does, as always in an extract job.
    """

    dates: bool
    timestamps: bool

    def is_text(self, kind: str) -> bool:
        """Return whether values of a column type become text."""
        return not (self.timestamps if kind == "TIMESTAMP" else self.dates)


# The default of extract jobs.
EXTRACTED = AvroTypes(dates=False, timestamps=True)


def record_schema(fields: Sequence[Field], types: AvroTypes) -> dict[str, Any]:
    """Return the Avro schema of a table."""
    return _record("Root", "", fields, types)


def _record(name: str, namespace: str, fields: Sequence[Field], types: AvroTypes) -> dict[str, Any]:
    inner = f"{namespace}.{name}".strip(".").lower()
    members = [{"name": field.name, "type": _type(field, inner, types)} for field in fields]
    return {"type": "record", "name": name, **({"namespace": namespace} if namespace else {}), "fields": members}


def _type(field: Field, namespace: str, types: AvroTypes) -> Any:
    found = _value_type(field, namespace, types)
    if field.mode == "REPEATED":
        return {"type": "array", "items": found}
    return found if field.mode == "REQUIRED" else ["null", found]


def _value_type(field: Field, namespace: str, types: AvroTypes) -> Any:
    if field.type == "RECORD":
        # The name of a record is the name of its field with a capital letter.
        return _record(field.name[:1].upper() + field.name[1:], namespace, field.fields, types)
    if field.type in _DECIMALS:
        precision, scale = _DECIMALS[field.type]
        return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    if field.type in _LOGICAL and not types.is_text(field.type):
        return _LOGICAL[field.type]
    return _PRIMITIVES.get(field.type) or {"type": "string", "sqlType": field.type}


def write_avro(
    select: str, fields: Sequence[Field], cursor: Cursor, *, types: AvroTypes, codec: str, paths: Iterator[Path],
    shard_bytes: int,
) -> tuple[int, list[Path]]:  # fmt: skip
    """Write the rows of a query into one or more files.

    Args:
        paths: yields the path of each file.
        shard_bytes: the size at which the next file begins.

    Returns:
        The number of rows, and the files.

    Raises:
        duckdb.Error: the query fails.
    """
    schema = record_schema(fields, types)
    encoders = [(field.name, _encoder(field, types)) for field in fields]
    batches = read_batches(cursor.execute(select).to_arrow_reader(_BATCH_ROWS))
    written: list[Path] = []
    rows, is_over = 0, False
    batch = next(batches, None)
    while not is_over:
        path = next(paths)
        written.append(path)
        with path.open("wb") as file:
            made = Writer(file, schema, codec=codec)
            while batch is not None and file.tell() < shard_bytes:
                for row in batch.to_pylist():
                    made.write({name: encode(row[name]) for name, encode in encoders})
                rows += batch.num_rows
                batch = next(batches, None)
            made.flush()
        is_over = batch is None
    return rows, written


def _encoder(field: Field, types: AvroTypes) -> Callable[[Any], Any]:
    if field.mode == "REPEATED":
        element = _encoder(field.element, types)
        return lambda value: [element(item) for item in value or ()]
    if field.type == "RECORD":
        members = [(inner.name, _encoder(inner, types)) for inner in field.fields]
        return lambda value: None if value is None else {name: encode(value[name]) for name, encode in members}
    if field.type == "TIMESTAMP" and types.is_text("TIMESTAMP"):
        return lambda value: None if value is None else f"{value.replace(tzinfo=None)} UTC"
    if field.type == "DATETIME" or (field.type in ("DATE", "TIME") and types.is_text(field.type)):
        return lambda value: None if value is None else value.isoformat()
    if field.type in _PRIMITIVES or field.type in _DECIMALS or field.type in _LOGICAL:
        return lambda value: value
    return lambda value: None if value is None else str(value)
