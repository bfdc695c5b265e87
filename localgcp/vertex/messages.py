"""Requests and answers as Google's own protobuf messages understand them.

Importing google.cloud.aiplatform_v1 takes seconds, so that happens in the background when the server starts.
"""

import re
import threading
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from localgcp.errors import ApiError, invalid_argument

_UNKNOWN_FIELD = re.compile(r'has no field named "(?P<name>[^"]+)"(?: at "(?P<path>[^"]+)")?')


class Kind(StrEnum):
    """The kinds of job, by the name of the message."""

    CUSTOM = "CustomJob"
    TUNING = "HyperparameterTuningJob"


class Messages:
    """Reads and writes jobs by the official message types."""

    def warm(self) -> None:
        """Begin the import; what needs it before it is done waits."""
        threading.Thread(target=lambda: self._types, name="localgcp-messages", daemon=True).start()

    def parse(self, kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return a job in canonical form: camelCase names, enums by name, 64-bit integers as text, defaults left out.

        Raises:
            ApiError: 400 for an unknown field, or a value of the wrong type.
        """
        from google.protobuf import json_format

        message = self._types[kind]()
        try:
            json_format.ParseDict(dict(raw), message, ignore_unknown_fields=False)
        except json_format.ParseError as error:
            raise _refusal(kind, str(error)) from error
        job: dict[str, Any] = json_format.MessageToDict(message)
        _check_enums(message.DESCRIPTOR, job, _snake(kind))
        return job

    def enums_as_integers(self, kind: Kind, job: Mapping[str, Any]) -> dict[str, Any]:
        """Return a job as `$alt=json;enum-encoding=int` asks for it."""
        converted: dict[str, Any] = _with_integers(self._types[kind].DESCRIPTOR, job)
        return converted

    @cached_property
    def _types(self) -> dict[Kind, Any]:
        with _IMPORTING:
            import warnings

            with warnings.catch_warnings():
                # The client warns of the end of Python 3.11, which is not for the users of this server.
                warnings.simplefilter("ignore", FutureWarning)
                from google.cloud import aiplatform_v1

        return {kind: type(getattr(aiplatform_v1, kind).pb(getattr(aiplatform_v1, kind)())) for kind in Kind}


_IMPORTING = threading.Lock()


@cache
def _enum_fields(descriptor: Any) -> dict[str, Any]:
    """Return, by JSON name, the types of the fields that hold an enum, or a message with one somewhere below."""
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
    converted = dict(value)
    for name, inner in _enum_fields(descriptor).items():
        if name in converted:
            converted[name] = _with_integers(inner, converted[name])
    return converted


def _check_enums(descriptor: Any, value: Any, path: str) -> None:
    """Refuse an enum's number that has no name."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_enums(descriptor, item, f"{path}[{index}]")
    elif hasattr(descriptor, "values_by_name"):
        if value not in descriptor.values_by_name:
            raise invalid_argument(f"Invalid value at '{path}' (type.googleapis.com/{descriptor.full_name}), {value}")
    else:
        for name, inner in _enum_fields(descriptor).items():
            if name in value:
                _check_enums(inner, value[name], f"{path}.{_snake(name)}")


def _refusal(kind: Kind, problem: str) -> ApiError:
    unknown = _UNKNOWN_FIELD.search(problem)
    if unknown is None:
        return invalid_argument(f"Invalid JSON payload received. {problem}")
    path = ".".join(_snake(part) for part in (unknown["path"] or kind).split("."))
    return invalid_argument(
        f"Invalid JSON payload received. Unknown name \"{unknown['name']}\" at '{path}': Cannot find field."
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?<!\.)([A-Z])", r"_\1", name).lower()
