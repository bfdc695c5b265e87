"""Field masks: which fields of a resource are read or written (https://google.aip.dev/161)."""

import re
from typing import Any

Resource = dict[str, Any]


def mask_paths(text: str) -> list[str]:
    """Return the paths of a mask in camelCase; an empty list for an empty mask and for `*`."""
    return [camel(path.strip()) for path in text.split(",") if path.strip() not in ("", "*")]


def masked(resource: Resource, mask: str) -> Resource:
    """Return the fields that a mask names; a path into a field gives the whole field, an empty mask all fields."""
    names = {path.partition(".")[0] for path in mask_paths(mask)}
    return {name: value for name, value in resource.items() if name in names} if names else resource


def camel(name: str) -> str:
    """Return the JSON name of a field."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
