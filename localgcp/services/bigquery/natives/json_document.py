"""Reads and writes JSON documents by the rules of BigQuery."""

import json
import math
from decimal import Decimal
from functools import lru_cache
from typing import Any

from localgcp.services.bigquery.natives.native import SqlError

_INTEGERS = range(-(1 << 63), 1 << 64)


class Written(float):
    """A FLOAT64 that keeps its text in the document."""

    text: str

    @classmethod
    def read(cls, text: str) -> "Written":
        """Read a number with a point or an exponent."""
        number = cls(text)
        number.text = text
        return number


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _integer(text: str) -> int | float:
    number = int(text)
    return number if number in _INTEGERS else Written.read(text)


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


_DECODER = json.JSONDecoder(
    parse_float=Written.read, parse_int=_integer, parse_constant=_no_constant, object_pairs_hook=_first_wins
)


@lru_cache(maxsize=512)
def load(text: str) -> Any:
    """Parse a document from a cache; callers must not change the value.

    Raises:
        ValueError: the text is not JSON.
    """
    return _DECODER.decode(text)


def load_fresh(text: str) -> Any:
    """Parse a document into a value that the caller may change.

    Raises:
        ValueError: the text is not JSON.
    """
    return _DECODER.decode(text)


def dump(value: Any, *, is_sorted: bool = True) -> str:
    """Write a value as a document without spaces.

    Args:
        is_sorted: whether to sort keys, as in documents of type JSON.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=is_sorted)


def dump_pretty(value: Any, level: int = 0) -> str:
    """Write a value as a document of several lines, indented by two spaces per level."""
    inner, outer = "  " * (level + 1), "  " * level
    if isinstance(value, dict) and value:
        members = [f"{inner}{dump(key)}: {dump_pretty(item, level + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(members) + f"\n{outer}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + dump_pretty(item, level + 1) for item in value) + f"\n{outer}]"
    return dump(value)


def parse(text: str, mode: str = "exact") -> str:
    """Normalise a document to the type JSON, as PARSE_JSON does.

    Args:
        mode: `exact` refuses numbers that FLOAT64 cannot represent, `round` rounds them.

    Raises:
        SqlError: the text is not JSON, or contains a number that FLOAT64 cannot represent.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise SqlError(f"syntax error while parsing value - invalid literal; last read: '{text[:40]}'") from error
    _check_numbers(value, is_exact=mode == "exact")
    return dump(value)


def _check_numbers(value: Any, *, is_exact: bool) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_numbers(item, is_exact=is_exact)
    elif isinstance(value, Written) and (
        not math.isfinite(value) or (is_exact and Decimal(repr(float(value))) != Decimal(value.text))
    ):
        raise SqlError(f"Input number: {value.text} cannot round-trip through string representation")


def scalar_text(value: Any) -> str | None:
    """Return the text of a string, number or boolean; None for other values."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return None
    return value.text if isinstance(value, Written) else dump(value)


def kind_of(value: Any) -> str:
    """Return the result of JSON_TYPE for a value."""
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {dict: "object", list: "array", str: "string", type(None): "null"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "number")
