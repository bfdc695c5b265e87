"""Requests and responses of Vertex AI, parsed and written by Google's own protobuf messages.

The import of google.cloud.aiplatform_v1 takes seconds, so a thread does it in the background when the server starts.
"""

import re
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.http.routing import Request

_UNKNOWN_FIELD = re.compile(r'has no field named "(?P<name>[^"]+)"(?: at "(?P<path>[^"]+)")?')


def warm() -> None:
    """Begin the import in the background; a call that needs it waits until it is done."""
    threading.Thread(target=_library, name="localgcp-messages", daemon=True).start()


def parse(kind: str, raw: Mapping[str, Any], *, at: str | None = None) -> dict[str, Any]:
    """Return a message in canonical form: camelCase names, enums by name, 64-bit integers as text, defaults left out.

    Args:
        kind: the name of the message in google.cloud.aiplatform.v1, for example `CustomJob`.
        at: the path of the message in the request, if the kind does not determine it.

    Raises:
        ApiError: 400 for an unknown field, or a value of the wrong type.
    """
    from google.protobuf import json_format

    message, root = _type(kind)(), _root(kind) if at is None else at
    try:
        json_format.ParseDict(dict(raw), message, ignore_unknown_fields=False)
    except json_format.ParseError as error:
        raise _refusal(kind, str(error), root) from error
    parsed: dict[str, Any] = json_format.MessageToDict(message)
    _check_enums(message.DESCRIPTOR, parsed, root)
    return parsed


def enums_as_integers(kind: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with enums as integers, which `$alt=json;enum-encoding=int` asks for."""
    converted: dict[str, Any] = _with_integers(_type(kind).DESCRIPTOR, resource)
    return converted


def answer(request: Request, kind: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource in the form that a request asks for: enums by name or as integers."""
    wants_integers = "enum-encoding=int" in (request.one("$alt") or "")
    return enums_as_integers(kind, resource) if wants_integers else dict(resource)


@cache
def _type(kind: str) -> Any:
    wrapper = getattr(_library(), kind)
    return type(wrapper.pb(wrapper()))


def _library() -> Any:
    with _IMPORTING:
        import warnings

        with warnings.catch_warnings():
            # The client warns that support for Python 3.11 ends, which does not concern the users of this server.
            warnings.simplefilter("ignore", FutureWarning)
            from google.cloud import aiplatform_v1

    return aiplatform_v1


_IMPORTING = threading.Lock()


@cache
def _enum_fields(descriptor: Any) -> dict[str, Any]:
    """Return, by JSON name, the types of the fields that hold an enum, or a message that contains one."""
    found = {}
    for field in descriptor.fields:
        if field.enum_type is not None:
            found[field.json_name] = field.enum_type
        elif field.message_type is not None and _holds_enum(field.message_type, frozenset()):
            found[field.json_name] = field.message_type
    return found


def _holds_enum(descriptor: Any, above: frozenset[str]) -> bool:
    if descriptor.full_name in above or descriptor.full_name.startswith("google.protobuf."):
        return False
    inner = above | {descriptor.full_name}
    return any(
        field.enum_type is not None or (field.message_type is not None and _holds_enum(field.message_type, inner))
        for field in descriptor.fields
    )


def _with_integers(descriptor: Any, value: Any) -> Any:
    if isinstance(value, list):
        return [_with_integers(descriptor, item) for item in value]
    if hasattr(descriptor, "values_by_name"):
        return descriptor.values_by_name[value].number
    if descriptor.GetOptions().map_entry:
        held = descriptor.fields_by_name["value"]
        return {key: _with_integers(held.enum_type or held.message_type, item) for key, item in value.items()}
    converted = dict(value)
    for name, inner in _enum_fields(descriptor).items():
        if name in converted:
            converted[name] = _with_integers(inner, converted[name])
    return converted


def _check_enums(descriptor: Any, value: Any, path: str) -> None:
    """Refuse the number of an enum that has no such value."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_enums(descriptor, item, f"{path}[{index}]")
    elif hasattr(descriptor, "values_by_name"):
        if value not in descriptor.values_by_name:
            raise invalid_argument(f"Invalid value at '{path}' (type.googleapis.com/{descriptor.full_name}), {value}")
    elif descriptor.GetOptions().map_entry:
        held = descriptor.fields_by_name["value"]
        for key, item in value.items():
            _check_enums(held.enum_type or held.message_type, item, f"{path}.{key}")
    else:
        for name, inner in _enum_fields(descriptor).items():
            if name in value:
                _check_enums(inner, value[name], f"{path}.{_snake(name)}".lstrip("."))


def _refusal(kind: str, problem: str, root: str) -> ApiError:
    unknown = _UNKNOWN_FIELD.search(problem)
    if unknown is None:
        return invalid_argument(f"Invalid JSON payload received. {problem}")
    # The path that protobuf gives begins with the name of the message.
    inner = (unknown["path"] or kind).split(".")[1:]
    path = ".".join(filter(None, [root, *map(_snake, inner)]))
    at = f" at '{path}'" if path else ""
    return invalid_argument(f'Invalid JSON payload received. Unknown name "{unknown["name"]}"{at}: Cannot find field.')


def _root(kind: str) -> str:
    """Return the path of a body in its request message: that of a resource's field, or empty for the request itself."""
    return "" if kind.endswith("Request") else _snake(kind)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?<!\.)([A-Z])", r"_\1", name).lower()
