"""Checks AI Platform bodies against the discovery document of `ml` v1 in google-api-python-client. Pure.

The format of discovery documents: https://developers.google.com/discovery/v1/type-format
"""

import importlib.util
import json
import math
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from timberline.run.errors import AiPlatformError, SettingsError
from timberline.run.wording import did_you_mean

_PREFIX = "GoogleCloudMlV1__"
_DOCUMENT = Path("discovery_cache", "documents", "ml.v1.json")
_INTEGER_TEXT = re.compile(r"-?[0-9]{1,19}")
_DURATION = re.compile(r"[0-9]+(\.[0-9]{1,9})?s")  # https://protobuf.dev/reference/protobuf/google.protobuf/#duration
_LONGEST_DURATION_S = 315_576_000_000  # from the same page: ten thousand years
_TYPE_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
}
_FORMAT_WORDS = {
    "int32": "a whole number of 32 bits",
    "int64": "a whole number of 64 bits",
    "google-duration": "a duration in seconds, as in '3600s'",
}


@cache
def schemas() -> Mapping[str, Any]:
    """Return the schemas of `ml` v1 by name.

    Raises:
        SettingsError: google-api-python-client is not installed, or no longer contains the document.
    """
    package = importlib.util.find_spec("googleapiclient")
    path = Path(package.origin).parent / _DOCUMENT if package and package.origin else None
    if path is None or not path.is_file():
        raise SettingsError("no discovery document of ml v1: install a google-api-python-client that carries it")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["schemas"]
    return found


def schema(name: str) -> Mapping[str, Any]:
    """Return a schema by its short name, e.g. `TrainingInput`, or by its full name."""
    found: Mapping[str, Any] = schemas().get(_PREFIX + name) or schemas()[name]
    return found


def check_body(value: object, name: str, path: str) -> None:
    """Check a v1 body: its keys, the types of its values, and enums.

    Args:
        value: the decoded YAML or JSON.
        name: the schema's short name, e.g. `TrainingInput`.
        path: the path of the body in messages.

    Raises:
        AiPlatformError: a key is unknown, a value has the wrong type, or a value is not in its enum; the message begins
            with the path.
    """
    _check(value, {"$ref": name}, path)


def _check(value: object, spec: Mapping[str, Any], path: str) -> None:
    if "$ref" in spec:
        spec = schema(spec["$ref"])
    kind = spec.get("type")
    if not _fits(value, spec):
        words = _FORMAT_WORDS.get(spec.get("format", "")) or _TYPE_WORDS[str(kind)]
        raise AiPlatformError(f"{path}: expected {words}, found {_in_words(value)}{_hint(value, spec)}")
    if isinstance(value, Mapping):
        _check_mapping(value, spec, path)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            _check(each, spec["items"], f"{path}[{index}]")
    elif "enum" in spec and value not in spec["enum"]:
        raise AiPlatformError(f"{path}: unknown value {value!r}; {did_you_mean(str(value), spec['enum'])}")


def _check_mapping(value: Mapping[Any, object], spec: Mapping[str, Any], path: str) -> None:
    known: Mapping[str, Any] = spec.get("properties", {})
    for key, each in value.items():
        where = f"{path}.{key}" if path else str(key)
        inner = known.get(str(key), spec.get("additionalProperties"))
        if inner is None:
            raise AiPlatformError(f"{where}: unknown key; {_did_you_mean_key(str(key), known)}")
        _check(each, inner, where)


def _did_you_mean_key(key: str, known: Collection[str]) -> str:
    return did_you_mean(key.replace("_", ""), known) if known else "expected none"


def _fits(value: object, spec: Mapping[str, Any]) -> bool:
    """Return whether a value has the type of a schema, as Google's JSON parser and gcloud's YAML accept it."""
    kind, form = spec.get("type"), spec.get("format")
    if kind == "object":
        return isinstance(value, Mapping)
    if kind == "array":
        return isinstance(value, list | tuple)
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "integer" or form == "int64":
        return _is_whole(value) and abs(int(value)) < 2 ** (31 if form == "int32" else 63)  # type: ignore[call-overload]
    if kind == "number":
        return _is_finite(value)
    if form == "google-duration":
        return _is_duration(value)
    return isinstance(value, str)


def _hint(value: object, spec: Mapping[str, Any]) -> str:
    """Return advice about a text that YAML read as another type."""
    if spec.get("type") != "string" or spec.get("format") or isinstance(value, Mapping | list | tuple) or value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"; put it between quotes: '{text}'" + (" (YAML reads 2.10 as 2.1)" if isinstance(value, float) else "")


def _in_words(value: object) -> str:
    return "none" if value is None else repr(value)


def _is_finite(value: object) -> bool:
    """Return whether a value is a number or a text with a number: YAML reads 1e-5 as a text, and Google accepts it."""
    if not isinstance(value, int | float | str):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _is_duration(value: object) -> bool:
    if not isinstance(value, str) or _DURATION.fullmatch(value) is None:
        return False
    return float(value.removesuffix("s")) <= _LONGEST_DURATION_S


def _is_whole(value: object) -> bool:
    if isinstance(value, str):
        return _INTEGER_TEXT.fullmatch(value) is not None
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
