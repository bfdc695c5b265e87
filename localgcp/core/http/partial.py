"""Partial responses: the system parameter `fields`, with which a client selects fields of a response.

`a,b/c,items(name,size),*` selects `a` whole, `c` of `b`, two fields of each of the `items`, and with `*` every field of
its level. https://cloud.google.com/storage/docs/json_api#partial-response,
https://cloud.google.com/apis/docs/system-parameters
"""

import re
from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.core.conventions.masks import camel

# Field name -> the selection below it; an empty selection means the whole field.
Selection = dict[str, Any]

_TOKEN = re.compile(r"[(),/]|[^(),/\s]+")
_NAME = re.compile(r"[^(),/]+")
_MOST_DEPTH = 64


def selection(text: str) -> Selection:
    """Read a `fields` parameter; an empty one selects everything.

    Raises:
        ApiError: 400 if it is malformed.
    """
    tokens = _TOKEN.findall(text)
    if not tokens:
        return {}
    found, rest = _list(text, tokens, 0)
    if rest:
        raise refused(text)
    return found


def header_selection(text: str) -> Selection:
    """Read the header X-Goog-FieldMask, which writes paths with dots and names as protobuf does.

    Raises:
        ApiError: 400 if it is malformed.
    """
    return selection(",".join(camel(path) for path in text.replace(".", "/").split(",")) if text.strip() else "")


def select(value: Any, wanted: Selection) -> Any:
    """Return the selected fields of a JSON value; of a list, those of each item."""
    if not wanted or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        return [select(item, wanted) for item in value]
    parts = {name: _below(wanted, name) for name in value}
    return {
        name: select(value[name], part)
        for name, part in parts.items()
        if part is not None and (not part or isinstance(value[name], (dict, list)))  # a scalar has no fields to select
    }


def unknown(wanted: Selection, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str | None:
    """Return the first selected path that a schema does not have, or None.

    Args:
        schema: the schema of the response, as a discovery document has it.
        schemas: all schemas of the document.
    """
    while "$ref" in schema or schema.get("type") == "array":
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
    if schema.get("type") == "any" or (not properties and extra is None and schema.get("type") == "object"):
        return None
    for name, part in wanted.items():
        known = list(properties.values()) + ([extra] if extra else []) if name == "*" else [properties.get(name, extra)]
        missing = [unknown(part, inner, schemas) if inner is not None else "" for inner in known]
        if not known or None not in missing:
            return "/".join(filter(None, [name, missing[0] if missing else ""]))
    return None


def refused(selector: str) -> ApiError:
    """Return Google's refusal of a selector that is malformed, or names a field that the response does not have."""
    return invalid_argument(f"Invalid field selection {selector}", "invalidParameter")


def _below(wanted: Selection, name: str) -> Selection | None:
    """Return the selection below a field, or None if the field is not selected."""
    parts = [wanted[key] for key in (name, "*") if key in wanted]
    if not parts:
        return None
    return _union(*parts) if len(parts) == 2 else parts[0]


def _union(one: Selection, other: Selection) -> Selection:
    if not one or not other:
        return {}
    return {
        name: _union(one[name], other[name]) if name in one and name in other else {**one, **other}[name]
        for name in {**one, **other}
    }


def _list(text: str, tokens: list[str], depth: int) -> tuple[Selection, list[str]]:
    """Read entries up to the end or a closing parenthesis; return them and the remaining tokens."""
    found, tokens = _entry(text, tokens, depth)
    while tokens[:1] == [","]:
        entry, tokens = _entry(text, tokens[1:], depth)
        name = next(iter(entry))
        found[name] = _union(found[name], entry[name]) if name in found else entry[name]
    return found, tokens


def _entry(text: str, tokens: list[str], depth: int) -> tuple[Selection, list[str]]:
    if not tokens or not _NAME.fullmatch(tokens[0]) or depth > _MOST_DEPTH:
        raise refused(text)
    name, tokens = tokens[0], tokens[1:]
    if tokens[:1] == ["/"]:
        below, tokens = _entry(text, tokens[1:], depth + 1)
        return {name: below}, tokens
    if tokens[:1] == ["("]:
        below, tokens = _list(text, tokens[1:], depth + 1)
        if tokens[:1] != [")"]:
            raise refused(text)
        return {name: below}, tokens[1:]
    return {name: {}}, tokens
