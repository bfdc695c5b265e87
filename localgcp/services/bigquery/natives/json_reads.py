"""Functions that read JSON: extraction, conversion and keys."""

import math
import re
from collections.abc import Callable
from typing import Any

from localgcp.services.bigquery.natives.json_document import dump, dump_pretty, kind_of, load, parse, scalar_text
from localgcp.services.bigquery.natives.json_path import MISSING, follow, steps_of
from localgcp.services.bigquery.natives.native import Native, SqlError

_INT64 = range(-(1 << 63), 1 << 63)


def _found(document: str, path: str) -> Any:
    steps = steps_of(path)
    try:
        return follow(load(document), steps)
    except ValueError:
        # In a text that is not JSON, every path is missing.
        return MISSING


def _value(document: str, path: str) -> str | None:
    return scalar_text(None if (found := _found(document, path)) is MISSING else found)


def _query_text(document: str, path: str) -> str | None:
    found = _found(document, path)
    return None if found is MISSING or found is None else dump(found, is_sorted=False)


def _query_json(document: str, path: str) -> str | None:
    return None if (found := _found(document, path)) is MISSING else dump(found)


def _query_array(document: str, path: str) -> list[str] | None:
    found = _found(document, path)
    return [dump(item, is_sorted=False) for item in found] if isinstance(found, list) else None


def _value_array(document: str, path: str) -> list[str | None] | None:
    found = _found(document, path)
    if not isinstance(found, list) or any(isinstance(item, dict | list) for item in found):
        return None
    return [scalar_text(item) for item in found]


def _item(document: str, index: int) -> str | None:
    value = load(document)
    return dump(value[index]) if isinstance(value, list) and 0 <= index < len(value) else None


def _field(document: str, key: str) -> str | None:
    value = load(document)
    return dump(value[key]) if isinstance(value, dict) and key in value else None


def _keys(document: str, depth: int | None, mode: str) -> list[str]:
    found: set[str] = set()

    def collect(value: Any, prefix: str, level: int) -> None:
        if isinstance(value, list) and mode != "strict":
            if mode == "lax" and any(isinstance(item, list) for item in value):
                value = [item for item in value if not isinstance(item, list)]
            for item in value:
                collect(item, prefix, level)
        elif isinstance(value, dict) and (depth is None or level < depth):
            for key, item in value.items():
                name = prefix + (key if re.fullmatch(r"[A-Za-z_]\w*", key) else dump(key))
                found.add(name)
                collect(item, name + ".", level + 1)

    collect(load(document), "", 0)
    return sorted(found)


def _whole(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and math.isfinite(value) and value == int(value) and int(value) in _INT64 else None


def _float(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return (
        {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(value) if isinstance(value, str) else None
    )


def _strict(name: str, convert: Callable[[Any], Any]) -> Callable[[str], Any]:
    def read(document: str) -> Any:
        value = load(document)
        found = convert(value)
        if found is None:
            raise SqlError(f"The provided JSON input is not {name}: {dump(value)[:60]}")
        return found

    return read


def _strict_array(name: str, convert: Callable[[Any], Any]) -> Callable[[str], Any]:
    def read(document: str) -> Any:
        value = load(document)
        found = [convert(item) for item in value] if isinstance(value, list) else [None]
        if None in found:
            raise SqlError(f"The provided JSON input is not an array of {name}s: {dump(value)[:60]}")
        return found

    return read


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _lax_boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return bool(value) if isinstance(value, bool | int | float) else None


def _lax_whole(value: Any) -> int | None:
    number = _lax_float(value)
    if isinstance(value, bool | int):
        return int(value) if int(value) in _INT64 else None
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value) if int(value) in _INT64 else None
    if number is None or not math.isfinite(number):
        return None
    rounded = int(math.copysign(math.floor(abs(number) + 0.5), number))
    return rounded if rounded in _INT64 else None


def _lax_float(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None


def _lax(convert: Callable[[Any], Any]) -> Callable[[str], Any]:
    return lambda document: convert(load(document))


def _contains(document: str, part: str) -> bool:
    return _holds(load(document), load(part))


def _holds(value: Any, part: Any) -> bool:
    if isinstance(value, dict) and isinstance(part, dict):
        return all(key in value and _holds(value[key], item) for key, item in part.items())
    if isinstance(value, list) and isinstance(part, list):
        return all(any(_holds(item, wanted) for item in value) for wanted in part)
    return bool(kind_of(value) == kind_of(part) and value == part)


def _readers() -> list[Native]:
    found = []
    for name, words, convert, kind in (
        ("bool", "a boolean", _boolean, "BOOLEAN"),
        ("int64", "an integer", _whole, "BIGINT"),
        ("float64", "a number", _float, "DOUBLE"),
        ("string", "a string", _text, "VARCHAR"),
    ):
        found.append(Native(f"gs_json_{name}", _strict(words, convert), ("JSON",), kind))
        array = _strict_array(words.split()[1], convert)
        found.append(Native(f"gs_json_{name}_array", array, ("JSON",), f"{kind}[]"))
    for name, convert, kind in (
        ("bool", _lax_boolean, "BOOLEAN"),
        ("int64", _lax_whole, "BIGINT"),
        ("float64", _lax_float, "DOUBLE"),
        ("string", scalar_text, "VARCHAR"),
    ):
        found.append(Native(f"gs_lax_{name}", _lax(convert), ("JSON",), kind))
    return found


NATIVES = (
    Native("gs_json", parse, ("VARCHAR", "VARCHAR"), "JSON"),
    Native("gs_json_value", _value, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_json_query_text", _query_text, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    Native("gs_json_query_json", _query_json, ("JSON", "VARCHAR"), "JSON"),
    Native("gs_json_array_text", _query_array, ("VARCHAR", "VARCHAR"), "VARCHAR[]"),
    Native("gs_json_array_json", _query_array, ("JSON", "VARCHAR"), "JSON[]"),
    Native("gs_json_value_array", _value_array, ("VARCHAR", "VARCHAR"), "VARCHAR[]"),
    Native("gs_json_item", _item, ("JSON", "BIGINT"), "JSON"),
    Native("gs_json_field", _field, ("JSON", "VARCHAR"), "JSON"),
    Native("gs_json_type", lambda document: kind_of(load(document)), ("JSON",), "VARCHAR"),
    Native("gs_json_keys_of", _keys, ("JSON", "BIGINT", "VARCHAR"), "VARCHAR[]", takes_null=True),
    Native("gs_json_contains", _contains, ("JSON", "JSON"), "BOOLEAN"),
    Native("gs_json_pretty", lambda document: dump_pretty(load(document)), ("VARCHAR",), "VARCHAR"),
    *_readers(),
)
