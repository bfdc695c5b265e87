"""Reads mappings into frozen dataclasses, and writes them back; an unknown key names the nearest known one. Pure.

Keys are the field names in camelCase, which are the names that Google's JSON has.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from timberline.run.errors import JobFileError
from timberline.run.wording import did_you_mean

T = TypeVar("T")


def camel_case(name: str) -> str:
    """Return `max_trial_count` as `maxTrialCount`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def decode(kind: type[T], value: object, path: str) -> T:
    """Return `value` as a `kind`.

    Args:
        kind: a dataclass; its fields are text, numbers, booleans, StrEnums, tuples, mappings or such dataclasses.
        value: what YAML or JSON gave.
        path: where the value stands, for messages.

    Raises:
        JobFileError: a key is unknown or missing, or a value has another type; the message begins with its path.
    """
    if not isinstance(value, Mapping):
        raise _mismatch(path, "a mapping", value)
    fields = {camel_case(field.name): field for field in dataclasses.fields(typing.cast(Any, kind))}
    for key in value:
        if key not in fields:
            raise JobFileError(f"{_join(path, key)}: unknown key; {did_you_mean(str(key), fields)}")
    hints = _hints(kind)
    found: dict[str, Any] = {}
    for key, field in fields.items():
        if value.get(key) is not None:
            found[field.name] = _convert(hints[field.name], value[key], _join(path, key))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise JobFileError(f"{_join(path, key)}: expected a value, found none")
    try:
        return kind(**found)
    except JobFileError as error:
        raise JobFileError(f"{path}: {error}" if path else str(error)) from None


def encode(value: object) -> Any:
    """Return the mapping that `decode` reads as `value`: camelCase keys, without fields that are not set."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((camel_case(field.name), getattr(value, field.name)) for field in dataclasses.fields(value))
        return {key: encode(each) for key, each in pairs if each is not None and each != ()}
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    return str(value) if isinstance(value, StrEnum) else value


def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _convert(hint: Any, value: object, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        kinds = [each for each in arguments if each is not type(None)]
        return _convert(kinds[0], value, path) if len(kinds) == 1 else _number_or_text(value, path)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _mismatch(path, "a list", value)
        return tuple(_convert(arguments[0], each, f"{path}[{index}]") for index, each in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _mismatch(path, "a mapping", value)
        return {str(key): _convert(arguments[1], each, _join(path, key)) for key, each in value.items()}
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(type[Any], hint), value, path)
    return _scalar(hint, value, path)


def _scalar(hint: type, value: object, path: str) -> Any:
    if issubclass(hint, StrEnum):
        if not isinstance(value, str) or value not in list(hint):
            raise JobFileError(
                f"{path}: unknown value {value!r}; {did_you_mean(str(value), [str(each) for each in hint])}"
            )
        return hint(value)
    if hint is bool:
        if not isinstance(value, bool):
            raise _mismatch(path, "true or false", value)
        return value
    if hint is str:
        if isinstance(value, bool | dict | list):
            raise _mismatch(path, "a text", value)
        return str(value)
    return _number(hint, value, path)


def _number_or_text(value: object, path: str) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _mismatch(path, "a number or a text", value)
    return value


def _number(hint: type, value: object, path: str) -> int | float:
    """Read a number; texts too, as JSON has int64 as text and YAML takes 1e-4 for one."""
    words = "a whole number" if hint is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _mismatch(path, words, value)
    try:
        number = float(value)
        if hint is int:
            return int(value) if isinstance(value, str | int) else _whole(number)
    except (ValueError, OverflowError):
        raise _mismatch(path, words, value) from None
    return number


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError
    return int(number)


def _mismatch(path: str, expected: str, value: object) -> JobFileError:
    return JobFileError(f"{path or 'the file'}: expected {expected}, found {value!r}")


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
