"""FORMAT: https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions#format_string."""

import json
import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from localgcp.services.bigquery.natives.json_document import dump, dump_pretty, load
from localgcp.services.bigquery.natives.native import Native, SqlError
from localgcp.services.bigquery.natives.value_text import literal_text, plain_text
from localgcp.services.bigquery.types.schema import Field

_SPECIFIER = re.compile(r"%(?P<flags>[-+ #0']*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d+)?)?(?P<letter>.)", re.DOTALL)
_WANTED = {**dict.fromkeys("diuoxX", "integer"), **dict.fromkeys("fFeEgG", "double or numeric"), "s": "string"}
_ACCEPTED = {
    "integer": ("INTEGER",),
    "double or numeric": ("FLOAT", "NUMERIC", "BIGNUMERIC", "INTEGER"),
    "string": ("STRING", "JSON"),
    "JSON": ("JSON",),
}


@lru_cache(maxsize=512)
def _fields_of(schemas: str) -> list[Field]:
    return [Field.from_stored(raw) for raw in json.loads(schemas)]


class _Arguments:
    def __init__(self, values: tuple[Any, ...], fields: list[Field]) -> None:
        self._values = values
        self._fields = fields
        self._next = 0

    def take(self) -> tuple[Any, Field, int]:
        """Return the next argument, its type, and its number in messages."""
        if self._next >= len(self._values):
            raise SqlError("Too few arguments to FORMAT for pattern")
        self._next += 1
        return self._values[self._next - 1], self._fields[self._next - 1], self._next + 1

    def check_end(self) -> None:
        """Raise an error for unused arguments."""
        if self._next < len(self._values):
            raise SqlError("Too many arguments to FORMAT for pattern")


class _IsNull(Exception):
    """An argument is NULL, so the result is NULL."""


def _format(schemas: str, pattern: str | None, *values: Any) -> str | None:
    if pattern is None:
        return None
    fields = _fields_of(schemas)
    arguments = _Arguments(values[: len(fields)], fields)
    try:
        text = _SPECIFIER.sub(lambda match: _written(match, arguments), pattern)
    except _IsNull:
        return None
    if "%" in _SPECIFIER.sub("", pattern):
        raise SqlError("Format string cannot end with a single '%' character")
    arguments.check_end()
    return text


def _written(match: re.Match[str], arguments: _Arguments) -> str:
    flags, letter = match["flags"], match["letter"]
    if letter == "%":
        return "%"
    width = _size(match["width"], arguments)
    precision = _size(match["precision"], arguments)
    if "." in match[0] and precision is None:
        precision = 0
    if letter not in _WANTED and letter not in "tTpP":
        raise SqlError(f"Invalid format specifier character '{letter}' in FORMAT string")
    if width is not None and width < 0:
        flags, width = flags + "-", -width
    value, field, place = arguments.take()
    _check_type(letter, field, place)
    if letter in "tT":
        text = literal_text(value, field) if letter == "T" else plain_text(value, field)
        return _padded(text[:precision], flags, width)
    if value is None:
        raise _IsNull
    if letter in "pP":
        document = load(value)
        return _padded(dump_pretty(document) if letter == "P" else dump(document), flags, width)
    if letter == "s":
        return _padded(value[:precision], flags, width)
    return _number(value, flags, width, precision, letter)


def _size(text: str | None, arguments: _Arguments) -> int | None:
    if text != "*":
        return int(text) if text is not None else None
    value, field, place = arguments.take()
    _check_type("d", field, place)
    if value is None:
        raise _IsNull
    return int(value)


def _check_type(letter: str, field: Field, place: int) -> None:
    wanted = "JSON" if letter in "pP" else _WANTED.get(letter)
    if wanted is None or (field.mode != "REPEATED" and field.type in _ACCEPTED[wanted]):
        return
    raise SqlError(f"Invalid type for argument {place} to FORMAT; Expected {wanted}; Got {field.standard_type}")


def _padded(text: str, flags: str, width: int | None) -> str:
    return text.ljust(width or 0) if "-" in flags else text.rjust(width or 0)


def _number(value: Any, flags: str, width: int | None, precision: int | None, letter: str) -> str:
    is_whole = letter in "diuoxX"
    is_finite = is_whole or math.isfinite(value)
    sign = "-" if (value < 0 or (isinstance(value, float) and math.copysign(1, value) < 0)) else ""
    sign = sign or ("+" if "+" in flags else " " if " " in flags else "")
    body = _whole(abs(value), flags, precision, letter) if is_whole else _real(value, flags, precision, letter)
    if "'" in flags and letter in "diufFgG" and is_finite:
        whole, point, rest = body.partition(".")
        body = f"{int(whole):,}{point}{rest}" if whole.isdigit() else body
    missing = (width or 0) - len(sign) - len(body)
    if "0" in flags and "-" not in flags and is_finite and missing > 0:
        return sign + "0" * missing + body
    return _padded(sign + body, flags, width)


def _whole(value: int, flags: str, precision: int | None, letter: str) -> str:
    text = format(value, {"o": "o", "x": "x", "X": "X"}.get(letter, "d")).rjust(precision or 0, "0")
    prefix = {"o": "0", "x": "0x", "X": "0X"}.get(letter, "") if "#" in flags and value else ""
    return prefix + text


def _real(value: float | Decimal, flags: str, precision: int | None, letter: str) -> str:
    if not math.isfinite(value):
        text = "nan" if math.isnan(value) else "inf"
        return text.upper() if letter.isupper() else text
    places = 6 if precision is None else precision
    # Python writes the exponent of a Decimal without leading zeros; C writes at least two digits.
    number = float(value) if letter in "eEgG" else value
    return format(
        number.copy_abs() if isinstance(number, Decimal) else abs(number),
        f"{'#' if '#' in flags else ''}.{places}{letter}",
    )


NATIVES = (Native("gs_format_typed", _format, None, "VARCHAR", takes_null=True),)
