"""Every field of a v1 schema by its path, so that a test can ask for the fate of each."""

import copy
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from timberline.ai_platform.schema import schema


def leaves(name: str, *, skip: Collection[str] = ()) -> Iterator[str]:
    """Yield the paths of a schema's fields that are no messages, `[]` behind a list of messages.

    Args:
        name: the schema's name.
        skip: names of fields whose own fields do not count.
    """
    for key, spec in schema(name)["properties"].items():
        inner = spec.get("$ref") or spec.get("items", {}).get("$ref")
        if inner is None or key in skip:
            yield key
        else:
            mark = "[]" if "items" in spec else ""
            yield from (f"{key}{mark}.{each}" for each in leaves(inner, skip=skip))


def with_field(body: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy of a body with one field set, by its path."""
    made = copy.deepcopy(dict(body))
    place: Any = made
    *parents, last = path.split(".")
    for parent in parents:
        inner = place.setdefault(parent.removesuffix("[]"), [{}] if parent.endswith("[]") else {})
        place = inner[0] if parent.endswith("[]") else inner
    place[last] = value
    return made


def filled(value: object, prefix: str = "") -> set[str]:
    """Return the paths of all fields that an answer has, as `leaves` writes them."""
    if not isinstance(value, Mapping):
        return {prefix}
    found: set[str] = set()
    for key, each in value.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(each, list) and each and isinstance(each[0], Mapping):
            found |= set().union(*(filled(item, f"{path}[]") for item in each))
        else:
            found |= filled(each, path)
    return found
