"""The text of values: that of `%t` and `%T` of FORMAT, and that of TO_JSON."""

import base64
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from localgcp.services.bigquery.natives.json_document import dump, load
from localgcp.services.bigquery.natives.native import Native
from localgcp.services.bigquery.types.schema import Field

_EXACT = 1 << 53
_ESCAPES = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\\": "\\\\",
    '"': '\\"',
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}


@lru_cache(maxsize=512)
def field_of(schema: str) -> Field:
    """Return the type that a statement contains as JSON."""
    return Field.from_stored(json.loads(schema))


def float_text(value: float) -> str:
    """Return a FLOAT64 as CAST to STRING writes it."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    short = f"{value:.15g}"
    return short if float(short) == value else f"{value:.17g}"


def numeric_text(value: Decimal) -> str:
    """Return a NUMERIC without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fraction(moment: datetime | time) -> str:
    micros = moment.microsecond
    return "" if not micros else f".{micros // 1000:03}" if micros % 1000 == 0 else f".{micros:06}"


def _clock(moment: datetime | time) -> str:
    return f"{moment:%H:%M:%S}{_fraction(moment)}"


def _datetime(moment: datetime, between: str = " ") -> str:
    return f"{moment.year:04}-{moment:%m-%d}{between}{_clock(moment)}"


def _timestamp(moment: datetime) -> str:
    return f"{_datetime(moment.astimezone(UTC) if moment.tzinfo else moment)}+00"


def _escaped_bytes(value: bytes) -> str:
    return "".join(_ESCAPES.get(chr(byte), chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in value)


_PLAIN: dict[str, Callable[[Any], str]] = {
    "STRING": str,
    "JSON": str,
    "INTEGER": str,
    "BOOLEAN": lambda value: "true" if value else "false",
    "FLOAT": lambda value: _with_point(float_text(value)),
    "NUMERIC": numeric_text,
    "BIGNUMERIC": numeric_text,
    "BYTES": _escaped_bytes,
    "DATE": date.isoformat,
    "TIME": _clock,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
}


def _with_point(text: str) -> str:
    return text if any(char in text for char in ".enif") else f"{text}.0"


def _escaped(value: str) -> str:
    return '"' + "".join(_ESCAPES.get(char, char) for char in value) + '"'


def plain_text(value: Any, field: Field) -> str:
    """Return a value as `%t` writes it."""
    return _text(value, field, _PLAIN)


def literal_text(value: Any, field: Field) -> str:
    """Return a value as `%T` writes it: a literal of GoogleSQL."""
    return _text(value, field, _LITERAL)


def _text(value: Any, field: Field, writers: dict[str, Callable[[Any], str]]) -> str:
    if value is None:
        return "NULL"
    if field.mode == "REPEATED":
        return "[" + ", ".join(_text(item, field.element, writers) for item in value) + "]"
    if field.fields:
        items = ", ".join(_text(item, inner, writers) for item, inner in zip(value.values(), field.fields, strict=True))
        return f"STRUCT({items})" if len(field.fields) == 1 and writers is _LITERAL else f"({items})"
    return writers[field.type](value)


def _float_literal(value: float) -> str:
    text = float_text(value)
    return _with_point(text) if math.isfinite(value) else f'CAST("{text}" AS FLOAT64)'


def _named(kind: str) -> Callable[[Any], str]:
    return lambda value: f'{kind} "{_PLAIN[kind](value)}"'


_LITERAL: dict[str, Callable[[Any], str]] = {
    **_PLAIN,
    "STRING": _escaped,
    "BYTES": lambda value: f'b"{_escaped_bytes(value)}"',
    "FLOAT": _float_literal,
    "JSON": lambda value: f"JSON {_escaped(value)}" if '"' not in value else f"JSON '{value}'",
    **{kind: _named(kind) for kind in ("NUMERIC", "BIGNUMERIC", "DATE", "TIME", "DATETIME", "TIMESTAMP")},
}


def json_value(value: Any, field: Field, *, has_wide_strings: bool) -> Any:
    """Return the result of TO_JSON for a value, as a value of Python's json module."""
    if value is None:
        return None
    if field.mode == "REPEATED":
        return [json_value(item, field.element, has_wide_strings=has_wide_strings) for item in value]
    if field.fields:
        inner = zip(value.values(), field.fields, strict=True)
        return {kind.name: json_value(item, kind, has_wide_strings=has_wide_strings) for item, kind in inner}
    if field.type == "FLOAT" and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if field.type in ("INTEGER", "NUMERIC", "BIGNUMERIC"):
        is_wide = has_wide_strings and (abs(value) > _EXACT or value != int(value))
        return _PLAIN[field.type](value) if is_wide else int(value) if value == int(value) else float(value)
    return _JSON[field.type](value)


_JSON: dict[str, Callable[[Any], Any]] = {
    "FLOAT": float,
    "BOOLEAN": bool,
    "STRING": str,
    "JSON": load,
    "BYTES": lambda value: base64.b64encode(value).decode(),
    "DATE": date.isoformat,
    "TIME": _clock,
    "DATETIME": lambda value: _datetime(value, "T"),
    "TIMESTAMP": lambda value: _datetime(value.astimezone(UTC) if value.tzinfo else value, "T") + "Z",
}


def _to_json(value: Any, schema: str, has_wide_strings: bool) -> str:
    return dump(json_value(value, field_of(schema), has_wide_strings=has_wide_strings))


NATIVES = (Native("gs_to_json", _to_json, None, "JSON", takes_null=True),)
