"""Google's method tables: the paths, parameters and fields of an API, from its discovery document.

The package google-api-python-client contains the documents (https://developers.google.com/discovery/v1/reference/apis).
They say which method a request calls, so that a method that localgcp does not implement is still known by name. They
also say which fields a request may have, so that an unknown field is refused in Google's words.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.http import partial

_UPLOAD_PARAMETERS = frozenset({"uploadType", "upload_id", "upload_protocol", "name", "ifGenerationMatch"})
# Parameters that official clients send although the document does not declare them.
_UNDECLARED_PARAMETERS = {
    "bigquery.jobs.get": {"projection"},
    "bigquery.jobs.cancel": {"projection"},
    "storage.objects.insert": {"ifMetaGenerationNotMatch"},
}
# Undeclared fields of bodies, by their path; the Python client sends null in them.
_UNDECLARED_FIELDS = frozenset({"retention.retentionExpirationTime"})
# Integers of 64 bits are JSON strings: https://protobuf.dev/programming-guides/json/
_WHOLE_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str, int, float),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def _segment_pattern(match: re.Match[str], parameters: dict[str, Any]) -> str:
    """Turn `{name}` or `{+name}` of a path template into a named group over percent-encoded text."""
    name = match[2]
    declared = parameters.get(name, {}).get("pattern", "") if match[1] else ""
    inner = declared.removeprefix("^").removesuffix("$") or "[^/]+"
    return f"(?P<{name}>{inner})"


@dataclass(frozen=True)
class Method:
    """One method of an API.

    Attributes:
        id: for example `bigquery.jobs.insert`.
        verb: the HTTP method.
        path: the template, from the root of the host, for example `/v1/{+name}:cancel`.
        parameters: the declared path and query parameters.
        request_schema: the name of the body's schema, or None.
        response_schema: the name of the response's schema, or None.
        is_upload: the path is the one for media uploads.
    """

    id: str
    verb: str
    path: str
    parameters: dict[str, Any] = field(hash=False, compare=False)
    request_schema: str | None
    is_upload: bool = False
    response_schema: str | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled template."""
        parts = re.split(r"(\{\+?\w+\})", self.path)
        compiled = "".join(
            _segment_pattern(group, self.parameters)
            if (group := re.fullmatch(r"\{(\+?)(\w+)\}", part))
            else re.escape(part)
            for part in parts
        )
        return re.compile(compiled)

    @cached_property
    def specificity(self) -> int:
        """The number of literal characters of the path; the router prefers the method with the greater number."""
        return len(re.sub(r"\{\+?\w+\}", "", self.path))

    def match(self, raw_path: str) -> dict[str, str] | None:
        """Return the decoded path parameters, or None if the path does not match."""
        found = self.pattern.fullmatch(raw_path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@cache
def document_of(api: str, version: str) -> "Document":
    """Return the document of an API, read once, because `reset` builds the method table again."""
    return Document(api, version)


class Document:
    """One API's discovery document."""

    def __init__(self, api: str, version: str) -> None:
        """Read the document that google-api-python-client carries for, say, `bigquery` `v2`."""
        spec = importlib.util.find_spec("googleapiclient")
        assert spec is not None
        assert spec.origin is not None
        path = Path(spec.origin).parent / "discovery_cache" / "documents" / f"{api}.{version}.json"
        self._document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._schemas: dict[str, Any] = self._document["schemas"]
        self._common_parameters = frozenset(self._document["parameters"])

    def methods(self) -> tuple[Method, ...]:
        """Return every method, a media upload or download once more under its own path."""
        return self._methods

    @cached_property
    def _methods(self) -> tuple[Method, ...]:
        return tuple(self._read_methods())

    def _read_methods(self) -> Iterator[Method]:
        service_path = "/" + self._document["servicePath"]
        for raw in self._walk(self._document):
            method = Method(
                id=raw["id"],
                verb=raw["httpMethod"],
                path=service_path + raw["path"],
                parameters=raw.get("parameters", {}),
                request_schema=raw.get("request", {}).get("$ref"),
                response_schema=raw.get("response", {}).get("$ref"),
            )
            yield method
            yield from self._media_forms(method, raw)

    @staticmethod
    def _media_forms(method: Method, raw: dict[str, Any]) -> Iterator[Method]:
        if raw.get("supportsMediaDownload"):
            yield replace(method, path="/download" + method.path)
        for protocol in raw.get("mediaUpload", {}).get("protocols", {}).values():
            for verb in ("POST", "PUT"):
                yield replace(method, verb=verb, path=protocol["path"], is_upload=True)

    def _walk(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from node.get("methods", {}).values()
        for child in node.get("resources", {}).values():
            yield from self._walk(child)

    def check_query(self, method: Method, query: dict[str, list[str]]) -> None:
        """Refuse a query parameter that the method does not have.

        Raises:
            ApiError: 400, in Google's words.
        """
        for name in query:
            known = name in method.parameters or name in self._common_parameters or name.startswith("$")
            known = known or name in _UNDECLARED_PARAMETERS.get(method.id, ())
            if not known and not (method.is_upload and name in _UPLOAD_PARAMETERS):
                raise invalid_argument(
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                    f"Field '{name}' could not be found in request message."
                )
            declared = method.parameters.get(name, {})
            if wrong := next((text for text in query[name] if text and not _is_valid_text(declared, text)), ""):
                raise _wrong_type(name, f"TYPE_{str(declared.get('format', 'int32')).upper()}", wrong)

    def selected(self, method: Method, query: dict[str, list[str]], headers: Mapping[str, str]) -> partial.Selection:
        """Return the fields of the response that a request selects; an empty selection means all fields.

        Raises:
            ApiError: 400 for a selector that is malformed, or names a field that the response does not have.
        """
        text = (query.get("fields") or query.get("$fields") or [""])[-1]
        found = partial.selection(text) or partial.header_selection(headers.get("x-goog-fieldmask", ""))
        schema = self._schemas[method.response_schema] if method.response_schema else {"type": "any"}
        if wrong := partial.unknown(found, schema, self._schemas):
            raise partial.refused(wrong)
        return found

    def check_body(self, schema_name: str, body: Any) -> None:
        """Refuse a body with an unknown field or a value of the wrong type.

        Raises:
            ApiError: 400, in Google's words, with the path of the field.
        """
        self._check(self._schemas[schema_name], body, "")

    def _check(self, schema: dict[str, Any], value: Any, path: str) -> None:
        schema = self._schemas[schema["$ref"]] if "$ref" in schema else schema
        kind = schema.get("type")
        if value is None or kind in (None, "any"):
            return
        if kind == "object":
            self._check_object(schema, value, path)
        elif kind == "array":
            self._check_array(schema, value, path)
        else:
            self._check_scalar(schema, value, path)

    def _check_object(self, schema: dict[str, Any], value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise _wrong_type(path, "an object", value)
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            inner = f"{path}.{name}" if path else name
            if name in properties:
                self._check(properties[name], item, inner)
            elif extra is not None:
                self._check(extra, item, inner)
            elif inner not in _UNDECLARED_FIELDS:
                at = f" at '{path}'" if path else ""
                raise invalid_argument(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')

    def _check_array(self, schema: dict[str, Any], value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise _wrong_type(path, "a list", value)
        for index, item in enumerate(value):
            self._check(schema["items"], item, f"{path}[{index}]")

    @staticmethod
    def _check_scalar(schema: dict[str, Any], value: Any, path: str) -> None:
        kind = schema["type"]
        # int64 is a string in JSON, and proto3 JSON accepts both forms of every number.
        from_text = isinstance(value, str) and kind in ("integer", "number") and re.fullmatch(r"-?[\d.eE+-]+", value)
        from_bool_text = kind == "boolean" and value in ("true", "false")
        is_bool_for_number = isinstance(value, bool) and kind != "boolean"
        if is_bool_for_number or not (isinstance(value, _SCALARS[kind]) or from_text or from_bool_text):
            raise _wrong_type(path, f"TYPE_{kind.upper()}", value)
        if kind == "string" and isinstance(value, str) and not _is_valid_text(schema, value):
            raise _wrong_type(path, f"TYPE_{schema['format'].upper()}", value)


def _is_valid_text(schema: Mapping[str, Any], text: str) -> bool:
    """Return whether a string is valid: an integer for a schema that declares one, any string for other schemas."""
    is_integer = schema.get("type") == "integer" or schema.get("format") in ("int64", "uint64")
    return not is_integer or _WHOLE_NUMBER.fullmatch(text) is not None


def _wrong_type(path: str, expected: str, value: Any) -> Exception:
    return invalid_argument(f"Invalid value at '{path}' ({expected}), {json.dumps(value)}")
