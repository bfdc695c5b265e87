"""The fields of buckets and objects that a client sets, and how a request changes them."""

import base64
from collections.abc import Mapping
from typing import Any


def changed_settings(allowed: frozenset[str], present: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings after a request.

    Args:
        allowed: the fields that a client may set. The server ignores all other fields of the body, as Google does.
        present: the settings until now; empty for an update, which resets every field that it does not name.
        body: the resource in the request.
    """
    return _merged(present, {name: value for name, value in body.items() if name in allowed})


def etag(*numbers: int) -> str:
    """Return the entity tag of a resource with these version numbers."""
    return base64.b64encode("/".join(map(str, numbers)).encode()).decode()


def _merged(present: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merge as RFC 7396 does: null removes a field, objects are merged, any other value replaces the field."""
    result = dict(present)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            former = result.get(name)
            result[name] = _merged(former if isinstance(former, Mapping) else {}, value)
        else:
            result[name] = value
    return result
