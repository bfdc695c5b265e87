"""Functions that change JSON: JSON_SET, JSON_REMOVE, JSON_ARRAY_APPEND and similar ones."""

from typing import Any

from localgcp.services.bigquery.natives.json_document import dump, load, load_fresh
from localgcp.services.bigquery.natives.json_path import MISSING, Step, follow, steps_of
from localgcp.services.bigquery.natives.native import Native, SqlError


def _pairs(items: tuple[str | None, ...]) -> list[tuple[tuple[Step, ...], Any]]:
    """Return the (path, value) pairs of alternating arguments."""
    return [
        (steps_of(path or ""), load_fresh(value if value is not None else "null"))
        for path, value in zip(items[::2], items[1::2], strict=True)
    ]


def _set(document: str | None, may_create: bool, *items: str | None) -> str | None:
    if document is None or None in items[::2]:
        return document
    value = load_fresh(document)
    for steps, new in _pairs(items):
        value = _with(value, steps, new, may_create=may_create)
    return dump(value)


def _with(value: Any, steps: tuple[Step, ...], new: Any, *, may_create: bool) -> Any:
    """Return a value with `new` at a path; unchanged where the path cannot exist.

    Args:
        steps: the path.
        may_create: whether the path may be missing in the value.
    """
    if not steps:
        return new
    if not may_create and follow(value, steps) is MISSING:
        return value
    step, rest = steps[0], steps[1:]
    if value is None:
        value = [] if isinstance(step, int) else {}
    if isinstance(step, int) and isinstance(value, list):
        value.extend([None] * (step + 1 - len(value)))
        value[step] = _with(value[step], rest, new, may_create=may_create)
    elif isinstance(step, str) and isinstance(value, dict):
        value[step] = _with(value.get(step), rest, new, may_create=may_create)
    return value


def _remove(document: str | None, *paths: str | None) -> str | None:
    if document is None or None in paths:
        return None
    value = load_fresh(document)
    for path in paths:
        steps = steps_of(path or "")
        if not steps:
            raise SqlError("The JSONPath cannot be '$'")
        parent = follow(value, steps[:-1])
        if follow(value, steps) is not MISSING:
            del parent[steps[-1]]
    return dump(value)


def _append(document: str | None, is_each: bool, *items: str | None) -> str | None:
    if document is None:
        return None
    value = load_fresh(document)
    for steps, new in _pairs(items):
        found = follow(value, steps)
        additions = new if is_each and isinstance(new, list) else [new]
        if isinstance(found, list):
            found.extend(additions)
        elif found is None:
            value = _with(value, steps, additions, may_create=True)
    return dump(value)


def _insert(document: str | None, is_each: bool, *items: str | None) -> str | None:
    if document is None:
        return None
    value = load_fresh(document)
    for steps, new in _pairs(items):
        place = steps[-1] if steps else None
        parent = follow(value, steps[:-1])
        if not isinstance(place, int):
            continue
        if parent is None:
            parent = []
            value = _with(value, steps[:-1], parent, may_create=True)
        if isinstance(parent, list):
            parent.extend([None] * (place - len(parent)))
            parent[place:place] = new if is_each and isinstance(new, list) else [new]
    return dump(value)


def _strip(document: str | None, path: str, with_arrays: bool, with_empty: bool) -> str | None:
    if document is None:
        return None
    value, steps = load_fresh(document), steps_of(path)
    found = follow(value, steps)
    if found is MISSING:
        return dump(value)
    stripped = _stripped(found, with_arrays=with_arrays, with_empty=with_empty)
    return dump(_with(value, steps, None if stripped is MISSING else stripped, may_create=True))


def _stripped(value: Any, *, with_arrays: bool, with_empty: bool) -> Any:
    if isinstance(value, dict):
        items = {key: _stripped(item, with_arrays=with_arrays, with_empty=with_empty) for key, item in value.items()}
        kept: Any = {key: item for key, item in items.items() if item is not MISSING}
    elif isinstance(value, list):
        inner = [_stripped(item, with_arrays=with_arrays, with_empty=with_empty) for item in value]
        kept = (
            [item for item in inner if item is not MISSING]
            if with_arrays
            else [None if item is MISSING else item for item in inner]
        )
    else:
        return MISSING if value is None else value
    return MISSING if with_empty and not kept else kept


def _array(*items: str | None) -> str:
    return dump([None if item is None else load(item) for item in items])


def _object(*items: str | None) -> str:
    found: dict[str, Any] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if key is None:
            raise SqlError("A key of JSON_OBJECT is NULL")
        found.setdefault(key, None if value is None else load(value))
    return dump(found)


def _object_of_lists(keys: list[str] | None, values: list[str | None] | None) -> str | None:
    if keys is None or values is None:
        return None
    if len(keys) != len(values):
        raise SqlError("The number of keys and values must match in JSON_OBJECT")
    return _object(*(item for pair in zip(keys, values, strict=True) for item in pair))


NATIVES = (
    Native("gs_json_set", _set, None, "JSON", takes_null=True),
    Native("gs_json_remove", _remove, None, "JSON", takes_null=True),
    Native("gs_json_append", _append, None, "JSON", takes_null=True),
    Native("gs_json_insert", _insert, None, "JSON", takes_null=True),
    Native("gs_json_strip", _strip, ("JSON", "VARCHAR", "BOOLEAN", "BOOLEAN"), "JSON", takes_null=True),
    Native("gs_json_array", _array, None, "JSON", takes_null=True),
    Native("gs_json_object", _object, None, "JSON", takes_null=True),
    Native("gs_json_object_of", _object_of_lists, ("VARCHAR[]", "JSON[]"), "JSON", takes_null=True),
)
