"""Newline-delimited JSON read in columns: much faster than by rows, but only where each value is plainly of its type.

What is read has the cells that `json_cells` would make; whatever else there is, is left to it.
"""

import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.json

from localgcp.services.bigquery.formats.arrow_rows import arrow_schema
from localgcp.services.bigquery.types.schema import Field

# Their functions are made at run time, which no type checker sees.
pc: Any = pyarrow.compute
pj: Any = pyarrow.json
_TYPES = {
    "STRING": pa.string(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "NUMERIC": pa.decimal128(38, 9),
}
_DAY = r"[1-9]\d{3}-\d{2}-\d{2}"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
# The forms of a text that Arrow reads as BigQuery does.
_FORMS = {
    "INTEGER": r"-?\d{1,18}",
    "FLOAT": r"-?\d{1,15}(\.\d{1,15})?",
    "BOOLEAN": r"true|false",
    "DATE": _DAY,
    "TIME": _TIME,
    "DATETIME": f"{_DAY}[T ]{_TIME}",
    "TIMESTAMP": f"{_DAY}[T ]{_TIME}(Z| UTC)?",
}
_TEXTS = ("DATE", "TIME", "DATETIME", "TIMESTAMP")
# Arrow takes shorter words for an infinity than Python does.
_INFINITY = re.compile(rb"[:,\[\s]-?Inf")
_MICROSECONDS = pa.timestamp("us")


class JsonColumns:
    """Reads blocks of lines with a known schema."""

    def __init__(self, fields: Sequence[Field], first_line: bytes) -> None:
        """Prepare the reading.

        Args:
            first_line: tells which numbers and booleans the file writes as texts.
        """
        self._schema = arrow_schema(fields)
        quoted = _quoted(first_line)
        self._texts = {
            field.name: field.type
            for field in fields
            if field.mode != "REPEATED" and (field.type in _TEXTS or (field.type in _FORMS and field.name in quoted))
        }
        columns = [
            pa.field(field.name, pa.string(), nullable=field.mode != "REQUIRED")
            if field.name in self._texts
            else _arrow_field(field.name, field)
            for field in fields
        ]
        self._options = pj.ParseOptions(explicit_schema=pa.schema(columns), unexpected_field_behavior="error")

    @staticmethod
    def can_read(fields: Sequence[Field]) -> bool:
        """There are columns of all the fields."""
        return bool(fields) and all(
            _is_plain(field) or (field.type in _TEXTS and field.mode != "REPEATED") for field in fields
        )

    def read(self, block: bytes) -> pa.RecordBatch | None:
        """Return the rows of some whole lines, or None where a value needs more than this."""
        count = _count(block)
        if count is None:
            return None
        whole = pj.ReadOptions(use_threads=False, block_size=len(block) + 1)
        try:
            table = pj.read_json(io.BytesIO(block), read_options=whole, parse_options=self._options)
            if table.num_rows != count:
                return None
            columns = [self._column(item, table.column(item.name)) for item in self._schema]
        except (pa.ArrowException, ValueError):
            return None
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _column(self, item: pa.Field, column: Any) -> Any:
        """Return a column in its type.

        Raises:
            ValueError: a text is not of the form.
        """
        array = column.combine_chunks()
        kind = self._texts.get(item.name)
        if kind is not None:
            matches = pc.match_substring_regex(array, f"^({_FORMS[kind]})$")
            if not pc.all(matches, min_count=0).as_py():
                raise ValueError(kind)
            array = _CASTS.get(kind, lambda texts: texts)(array)
        return array if array.type == item.type else array.cast(item.type)


def _quoted(line: bytes) -> set[str]:
    try:
        first = json.loads(line)
    except ValueError:
        return set()
    return {name for name, value in first.items() if isinstance(value, str)} if isinstance(first, dict) else set()


def _is_plain(field: Field) -> bool:
    # A number that is none has no place in a FLOAT of a RECORD; only columns are looked at.
    return (field.type in _TYPES and field.type != "FLOAT") or (
        field.type == "RECORD" and all(map(_is_plain, field.fields))
    )


def _arrow_field(name: str, field: Field) -> pa.Field:
    if field.mode == "REPEATED":
        # An array has no NULL in it.
        element = _arrow_field("item", field.element)
        return pa.field(name, pa.list_(element.with_nullable(False)))
    kind = pa.struct([_arrow_field(inner.name, inner) for inner in field.fields]) if field.fields else None
    return pa.field(name, kind or _TYPES[field.type], nullable=field.mode != "REQUIRED")


def _count(block: bytes) -> int | None:
    """Return the number of records, or None where they are not one a line."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return None
    if b"Inf" in block and _INFINITY.search(block):
        return None
    breaks = block.count(b"\n") - block.endswith(b"\n")
    if block.startswith(b"{") and block.count(b"}\n{") == breaks:
        return breaks + 1
    lines = [line for line in map(bytes.strip, block.split(b"\n")) if line]
    is_plain = all(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    return len(lines) if is_plain else None


def _timestamps(texts: Any) -> Any:
    moments = pc.replace_substring_regex(texts, "(Z| UTC)$", "")
    return moments.cast(_MICROSECONDS).cast(pa.timestamp("us", tz="UTC"))


def _times(texts: Any) -> Any:
    moments = pc.binary_join_element_wise("1970-01-01", texts, " ")
    return moments.cast(_MICROSECONDS).cast(pa.time64("us"))


_CASTS: dict[str, Callable[[Any], Any]] = {
    "TIMESTAMP": _timestamps,
    "TIME": _times,
}
