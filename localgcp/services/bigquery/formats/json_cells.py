"""Converts JSON values of newline-delimited files and of `insertAll` to cells."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.formats.text_values import (
    INT64,
    boolean_of,
    date_of,
    datetime_of,
    integer_of,
    numeric_of,
    time_of,
    timestamp_of,
)
from localgcp.services.bigquery.types.intervals import interval_words
from localgcp.services.bigquery.types.schema import Field

Decoder = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The Python types of JSON values that need no conversion.
_PLAIN = {"INTEGER": int, "FLOAT": float, "BOOLEAN": bool, "STRING": str}
_TYPE_NAMES = {"INTEGER": "integer", "FLOAT": "double", "BOOLEAN": "boolean", "STRING": "string", "BYTES": "bytes"}


class BadValue(Exception):
    """A value that does not match its column.

    Attributes:
        path: the name of the field, with the names of the RECORDs around it.
        type_name: the name of the expected type in messages; empty where `text` is complete.
        value: the value in the request or file.
        text: the message.
    """

    def __init__(self, path: str, text: str, *, type_name: str = "", value: Any = None) -> None:
        super().__init__(text)
        self.path = path
        self.type_name = type_name
        self.value = value
        self.text = text


class UnknownField(BadValue):
    """A name that is not in the schema."""


class MissingField(BadValue):
    """A REQUIRED field without a value."""


def row_decoder(fields: Sequence[Field], *, ignore_unknown: bool, json_is_text: bool = False) -> Decoder:
    """Return a function that converts a JSON object to the cells of a row; it raises `BadValue`.

    Args:
        fields: the columns.
        ignore_unknown: whether to ignore names that are not in the schema.
        json_is_text: whether a string in a JSON column is JSON text, as in `insertAll`, or a JSON string.
    """
    record = _record(fields, "", ignore_unknown=ignore_unknown, json_is_text=json_is_text)
    names = [field.name for field in fields]

    # Most rows have all names and need no conversion.
    exact = dict.fromkeys(names)
    plain = [_PLAIN.get(field.type) if field.mode != "REPEATED" else None for field in fields]

    def decode(row: Any) -> list[Any]:
        if isinstance(row, dict) and row.keys() == exact.keys():
            cells = [row[name] for name in names]
            if list(map(type, cells)) == plain and all(value in INT64 for value in cells if type(value) is int):
                return cells
        found = record(row)
        return [found[name] for name in names]

    return decode


def _decoder(field: Field, parent: str, *, ignore_unknown: bool, json_is_text: bool) -> Decoder:
    path = f"{parent}{field.name}"
    if field.mode == "REPEATED":
        element = _decoder(field.element, parent, ignore_unknown=ignore_unknown, json_is_text=json_is_text)
        return _repeated(element, path)
    if field.type == "RECORD":
        return _record(field.fields, f"{path}.", ignore_unknown=ignore_unknown, json_is_text=json_is_text)
    return _scalar(field.type, path, json_is_text=json_is_text)


def _record(fields: Sequence[Field], prefix: str, *, ignore_unknown: bool, json_is_text: bool) -> Decoder:
    members: list[tuple[str, Field, Decoder, Any]] = [
        (
            field.name.lower(),
            field,
            _decoder(field, prefix, ignore_unknown=ignore_unknown, json_is_text=json_is_text),
            [] if field.mode == "REPEATED" else None,
        )
        for field in fields
    ]
    known = {field.name.lower() for field in fields}
    exact = {field.name for field in fields if field.name.islower()}

    def decode(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            name = prefix.rstrip(".")
            raise BadValue(name, f"This field: {name} is not a record." if name else "The row is not a JSON object.")
        given = value if value.keys() <= exact else {key.lower(): item for key, item in value.items()}
        if not ignore_unknown and not known.issuperset(given):
            name = prefix + sorted(key for key in value if key.lower() not in known)[0]
            raise UnknownField(name, f"No such field: {name}.")
        cells = {}
        for lower, field, decoder, default in members:
            item = given.get(lower)
            if item is not None:
                cells[field.name] = decoder(item)
            elif field.mode == "REQUIRED":
                raise MissingField(prefix + field.name, f"Missing required field: {prefix}{field.name}.")
            else:
                cells[field.name] = default
        return cells

    return decode


def _repeated(element: Decoder, path: str) -> Decoder:
    def decode(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue(path, f"Repeated field must be imported as a JSON array. Field: {path}.")
        if any(item is None for item in value):
            raise BadValue(path, f"Only optional fields can be set to NULL. Field: {path}; Value: NULL")
        return [element(item) for item in value]

    return decode


def _scalar(kind: str, path: str, *, json_is_text: bool) -> Decoder:
    if kind == "JSON":
        return lambda value: _json_text(value, path, is_text=json_is_text)
    convert: Decoder = _CONVERTERS.get(kind, _string)
    plain = _PLAIN.get(kind)

    def decode(value: Any) -> Any:
        if type(value) is plain and (plain is not int or value in INT64):
            return value
        if isinstance(value, list):
            raise BadValue(path, f"Array specified for non-repeated field: {path}.")
        if isinstance(value, dict):
            raise BadValue(path, f"JSON object specified for non-record field: {path}")
        try:
            return convert(value)
        except (ValueError, OverflowError, binascii.Error) as error:
            shown = value if isinstance(value, str) else json.dumps(value)
            type_name = _TYPE_NAMES.get(kind, kind.lower())
            text = f"Could not convert value to {type_name}. Field: {path}; Value: {shown}"
            raise BadValue(path, text, type_name=type_name, value=shown) from error

    return decode


def _json_text(value: Any, path: str, *, is_text: bool) -> str:
    if is_text and isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadValue(path, f"Invalid JSON: {value}. Field: {path}") from error
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return integer_of(value)
    if isinstance(value, bool) or value != int(value) or int(value) not in INT64:
        raise ValueError(value)
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    return float(value)


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else boolean_of(str(value))


def _bytes(value: Any) -> bytes:
    # BigQuery accepts both alphabets of base64.
    return base64.b64decode(str(value).replace("-", "+").replace("_", "/"), validate=True)


def _interval(value: Any) -> str:
    try:
        return interval_words(str(value))
    except ApiError as error:
        raise ValueError(value) from error


def _timestamp(value: Any) -> datetime:
    if isinstance(value, bool):
        raise ValueError(value)
    if isinstance(value, int | float):
        return _EPOCH + timedelta(seconds=value)
    try:
        return timestamp_of(value)
    except ValueError:
        return _EPOCH + timedelta(seconds=float(value))


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "BYTES": _bytes,
    "INTEGER": _integer,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "DATE": lambda value: date_of(str(value)),
    "TIME": lambda value: time_of(str(value)),
    "DATETIME": lambda value: datetime_of(str(value)),
    "TIMESTAMP": _timestamp,
    "NUMERIC": lambda value: numeric_of(str(value)),
    "BIGNUMERIC": lambda value: str(numeric_of(str(value), "BIGNUMERIC")),
    "INTERVAL": _interval,
}
