"""Converts Avro schemas to columns of BigQuery, and Avro values to cells.

https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-avro#avro_conversions
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.matching import decimal_type
from localgcp.services.bigquery.formats.text_values import datetime_of
from localgcp.services.bigquery.types.schema import Field

Reader = Callable[[Any], Any]
_PRIMITIVES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "INTEGER",
    "float": "FLOAT",
    "double": "FLOAT",
    "bytes": "BYTES",
    "fixed": "BYTES",
    "string": "STRING",
    "enum": "STRING",
}
_LOGICAL = {
    "date": "DATE",
    "time-millis": "TIME",
    "time-micros": "TIME",
    "timestamp-millis": "TIMESTAMP",
    "timestamp-micros": "TIMESTAMP",
    "local-timestamp-millis": "DATETIME",
    "local-timestamp-micros": "DATETIME",
    "datetime": "DATETIME",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AvroOptions:
    """The options for logical types.

    Attributes:
        use_logical_types: whether a logical type becomes the column type that it means. Otherwise its underlying Avro
            type decides.
        decimal_targets: `decimalTargetTypes`.
    """

    use_logical_types: bool
    decimal_targets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column for one field of a record, with the function that converts a value of fastavro to its cell."""

    field: Field
    read: Reader


def columns_of(schema: Any, options: AvroOptions) -> list[Column]:
    """Return the columns for the schema of a record.

    Args:
        schema: an Avro schema without references to named types.

    Raises:
        ApiError: 400 for a type without a counterpart in BigQuery.
    """
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise invalid_argument("Error while reading data, error message: the Avro schema must be a record.")
    found = [_column(item["name"], item["type"], options, item["name"]) for item in schema["fields"]]
    # BigQuery has no type for a field that is always null.
    return [column for column in found if column is not None]


def _column(name: str, schema: Any, options: AvroOptions, path: str) -> Column | None:
    mode = "REQUIRED"
    if isinstance(schema, list):
        members = [item for item in schema if _kind(item) != "null"]
        if len(members) > 1:
            raise invalid_argument(f"localgcp does not load Avro unions of several types (field {path}).")
        if not members:
            return None
        mode = "NULLABLE" if len(members) < len(schema) else mode
        schema = members[0]
    kind = _kind(schema)
    if kind == "null":
        return None
    if kind in ("array", "map"):
        return _list_column(name, schema, options, path)
    if kind == "record":
        return _record_column(name, schema, mode, options, path)
    if kind not in _PRIMITIVES:
        raise invalid_argument(
            f"Error while reading data, error message: Avro type {kind} of field {path} is recursive."
        )
    field_type, read = _scalar(kind, schema if isinstance(schema, dict) else {}, options)
    return Column(Field(name=name, type=field_type, mode=mode), _nullable(read))


def _kind(schema: Any) -> str:
    found = schema["type"] if isinstance(schema, dict) else schema
    return _kind(found) if isinstance(found, dict) else str(found)


def _list_column(name: str, schema: dict[str, Any], options: AvroOptions, path: str) -> Column | None:
    if schema["type"] == "map":
        key = {"name": "key", "type": "string"}
        pairs = {"type": "record", "fields": [key, {"name": "value", "type": schema["values"]}]}
        entry = _column(name, pairs, options, path)
        assert entry is not None
        read_entry = entry.read
        return Column(
            Field(name=name, type="RECORD", mode="REPEATED", fields=entry.field.fields),
            lambda value: [read_entry({"key": key, "value": item}) for key, item in (value or {}).items()],
        )
    element = _column(name, schema["items"], options, path)
    if element is None:
        return None
    if element.field.mode == "REPEATED":
        raise invalid_argument(f"Error while reading data, error message: field {path} is an array of arrays.")
    read = element.read
    repeated = Field(name=name, type=element.field.type, mode="REPEATED", fields=element.field.fields)
    return Column(repeated, lambda value: [read(item) for item in value or ()])


def _record_column(name: str, schema: dict[str, Any], mode: str, options: AvroOptions, path: str) -> Column:
    found = [_column(item["name"], item["type"], options, f"{path}.{item['name']}") for item in schema["fields"]]
    members = [column for column in found if column is not None]
    readers = [(column.field.name, column.read) for column in members]
    return Column(
        Field(name=name, type="RECORD", mode=mode, fields=tuple(column.field for column in members)),
        _nullable(lambda value: {key: read(value.get(key)) for key, read in readers}),
    )


def _scalar(kind: str, schema: dict[str, Any], options: AvroOptions) -> tuple[str, Reader]:
    logical = schema.get("logicalType")
    if logical == "decimal":
        target = decimal_type(int(schema["precision"]), int(schema.get("scale", 0)), options.decimal_targets)
        return target, _plain if target == "NUMERIC" else lambda value: format(value, "f")
    if logical == "uuid":
        return "STRING", str
    if logical in _LOGICAL and options.use_logical_types:
        return _LOGICAL[logical], datetime_of if logical == "datetime" else _plain
    if schema.get("sqlType") == "JSON" and options.use_logical_types:
        return "JSON", _plain
    return _PRIMITIVES[kind], _RAW.get(str(logical), _plain)


def _plain(value: Any) -> Any:
    return value


def _nullable(read: Reader) -> Reader:
    return read if read is _plain else lambda value: None if value is None else read(value)


def _units(unit: timedelta) -> Reader:
    return lambda value: (value.replace(tzinfo=UTC) - _EPOCH) // unit


def _time_units(micros: int) -> Reader:
    def read(value: time) -> int:
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return (seconds * 1_000_000 + value.microsecond) // micros

    return read


# fastavro always converts logical types; these functions convert its values back to the underlying numbers.
_RAW: dict[str, Reader] = {
    "date": lambda value: value.toordinal() - date(1970, 1, 1).toordinal(),
    "time-millis": _time_units(1000),
    "time-micros": _time_units(1),
    "timestamp-millis": _units(timedelta(milliseconds=1)),
    "timestamp-micros": _units(timedelta(microseconds=1)),
    "local-timestamp-millis": _units(timedelta(milliseconds=1)),
    "local-timestamp-micros": _units(timedelta(microseconds=1)),
}
