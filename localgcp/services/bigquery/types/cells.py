"""Rows as the REST API writes them: `{"f": [{"v": "1"}, ...]}`, every scalar as text."""

import base64
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

from localgcp.services.bigquery.types.intervals import interval_text
from localgcp.services.bigquery.types.schema import Field

Encoder = Callable[[Any], Any]
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def encode_rows(table: pa.Table, fields: Sequence[Field], *, int64_timestamps: bool) -> list[dict[str, Any]]:
    """Return rows as the REST API writes them.

    Args:
        table: the rows, with columns in the order of `fields`.
        fields: the schema.
        int64_timestamps: write a TIMESTAMP as microseconds since 1970 instead of seconds with a fraction.
    """
    if not fields:
        return [{"f": []} for _ in range(table.num_rows)]
    columns = []
    for index, field in enumerate(fields):
        column = table.column(index)
        if field.type == "TIMESTAMP" and field.mode != "REPEATED":
            column = column.cast(pa.int64())
        encode = _encoder(field, int64_timestamps=int64_timestamps, is_raw_timestamp=field.mode != "REPEATED")
        columns.append([{"v": _cell(value, field, encode)} for value in column.to_pylist()])
    return [{"f": list(cells)} for cells in zip(*columns, strict=True)]


def _cell(value: Any, field: Field, encode: Encoder) -> Any:
    if value is None:
        # BigQuery returns a NULL array as an empty one.
        return [] if field.mode == "REPEATED" else None
    return encode(value)


def _encoder(field: Field, *, int64_timestamps: bool, is_raw_timestamp: bool = False) -> Encoder:
    if field.mode == "REPEATED":
        encode = _encoder(field.element, int64_timestamps=int64_timestamps)
        return lambda items: [{"v": None if item is None else encode(item)} for item in items]
    if field.type == "RECORD":
        members = [(inner, _encoder(inner, int64_timestamps=int64_timestamps)) for inner in field.fields]
        return lambda record: {"f": [{"v": _cell(record[inner.name], inner, encode)} for inner, encode in members]}
    if field.type == "TIMESTAMP":
        write = str if int64_timestamps else _seconds
        return write if is_raw_timestamp else lambda value: write(_micros(value))
    return _SCALARS[field.type]


def _micros(value: datetime) -> int:
    days = value.toordinal() - _EPOCH_DAY
    return ((days * 24 + value.hour) * 60 + value.minute) * 60_000_000 + value.second * 1_000_000 + value.microsecond


def _seconds(micros: int) -> str:
    return repr(micros / 1e6)


def _float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _numeric(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _isoformat(value: date | datetime | time) -> str:
    return value.isoformat()


_SCALARS: dict[str, Encoder] = {
    "STRING": str,
    "JSON": str,
    "INTEGER": str,
    "BOOLEAN": lambda value: "true" if value else "false",
    "FLOAT": _float,
    "NUMERIC": _numeric,
    "BIGNUMERIC": _numeric,
    "INTERVAL": interval_text,
    "BYTES": lambda value: base64.b64encode(value).decode(),
    "DATE": _isoformat,
    "DATETIME": _isoformat,
    "TIME": _isoformat,
}
