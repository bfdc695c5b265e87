"""Partial responses: selectors read, checked against a schema and applied."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.partial import Selection, header_selection, select, selection, unknown

_ANSWER = {
    "kind": "list",
    "items": [
        {"name": "a", "owner": {"entity": "x", "id": 1}, "metadata": {"split": "train", "b": "c"}},
        {"name": "b", "size": "3"},
    ],
    "next": {"token": "t", "page": {"token": "u", "size": 2}},
}
_SCHEMAS: dict[str, Any] = {
    "List": {
        "type": "object",
        "properties": {
            "kind": {"type": "string"}, "items": {"type": "array", "items": {"$ref": "Item"}}, "any": {"type": "any"},
        },
    },
    "Item": {
        "type": "object",
        "properties": {
            "name": {"type": "string"}, "parent": {"$ref": "Item"},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}  # fmt: skip

_names = st.sampled_from(["a", "b", "c", "d"])
_values = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)
_selections: st.SearchStrategy[Selection] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(st.one_of(_names, st.just("*")), inner, min_size=1, max_size=4),
    max_leaves=8,
)


def _text(wanted: Selection) -> str:
    return ",".join(f"{name}({_text(part)})" if part else name for name, part in wanted.items())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", _ANSWER),
        ("*", _ANSWER),
        ("kind", {"kind": "list"}),
        ("items/name", {"items": [{"name": "a"}, {"name": "b"}]}),
        ("items(name,size),kind", {"kind": "list", "items": [{"name": "a"}, {"name": "b", "size": "3"}]}),
        ("items(owner/id)", {"items": [{"owner": {"id": 1}}, {}]}),
        ("items/metadata/split", {"items": [{"metadata": {"split": "train"}}, {}]}),
        ("next/page(token)", {"next": {"page": {"token": "u"}}}),
        ("next/*/token", {"next": {"page": {"token": "u"}}}),
        ("*/token", {"items": [{}, {}], "next": {"token": "t"}}),
        ("next/token,next/page/size", {"next": {"token": "t", "page": {"size": 2}}}),
        ("next/token,next", {"next": _ANSWER["next"]}),
        (" kind , next / token ", {"kind": "list", "next": {"token": "t"}}),
        ("absent", {}),
    ],
)
def test_selector_gives_the_fields_that_it_names(text: str, expected: dict[str, Any]) -> None:
    assert select(_ANSWER, selection(text)) == expected


@pytest.mark.parametrize(
    "text", ["a,", ",a", "a(", "a()", "a)", "a(b", "a/", "/a", "a//b", "a b", "(a)", "a(b)c", "," * 9]
)
def test_malformed_selector_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(ApiError, match="Invalid field selection") as refused:
        selection(text)
    assert (refused.value.code, refused.value.reason) == (400, "invalidParameter")


def test_selector_that_is_too_deep_is_refused() -> None:
    with pytest.raises(ApiError):
        selection("/".join("a" * 5_000))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("kind,items(name,parent/parent/name)", None),
        ("items/metadata/anything", None),
        ("any/thing/goes", None),
        ("*/name", None),
        ("kinds", "kinds"),
        ("kind/name", "kind/name"),
        ("items(name,nme)", "items/nme"),
        ("items/parent/nme", "items/parent/nme"),
        ("items/metadata/a/b", "items/metadata/a/b"),
        ("kind/*", "kind/*"),
    ],
)
def test_selected_path_that_the_response_lacks_is_found(text: str, path: str | None) -> None:
    assert unknown(selection(text), _SCHEMAS["List"], _SCHEMAS) == path


def test_header_writes_paths_with_dots_and_names_in_either_form() -> None:
    assert header_selection("display_name,page.nextToken") == selection("displayName,page/nextToken")
    assert header_selection("") == {}


@given(_selections)
def test_selector_is_read_as_it_is_written(wanted: Selection) -> None:
    assert selection(_text(wanted)) == wanted


@given(_values, _selections)
def test_selecting_twice_gives_the_same(value: Any, wanted: Selection) -> None:
    once = select(value, wanted)
    assert select(once, wanted) == once


@given(_values, _selections, _selections)
def test_more_selectors_never_give_less(value: Any, one: Selection, other: Selection) -> None:
    both = ",".join(filter(None, [_text(one), _text(other)]))
    if one and other:  # nothing selected is everything
        assert _paths(select(value, one)) | _paths(select(value, other)) <= _paths(select(value, selection(both)))


def _paths(value: Any, at: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {at}.union(*(_paths(item, (*at, key)) for key, item in pairs))
