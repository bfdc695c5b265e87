"""Functions that change JSON: what was set is found, and what was removed is missing."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.natives import json_changes, json_reads

_OF = {native.name: native.function for native in (*json_changes.NATIVES, *json_reads.NATIVES)}
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(-1e9, 1e9) | _TEXTS
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3))
_NAMES = st.text("abcdefgh", min_size=1, max_size=3)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, max_size=4)


@given(_OBJECTS, _NAMES, _VALUES)
def test_value_set_by_json_set_is_found(document: dict[str, Any], name: str, value: Any) -> None:
    changed = _OF["gs_json_set"](json.dumps(document), True, f"$.{name}", json.dumps(value))
    assert json.loads(changed) == {**document, name: value}
    assert json.loads(_OF["gs_json_query_json"](changed, f"$.{name}")) == value


@given(_OBJECTS, _NAMES, _VALUES)
def test_json_remove_undoes_json_set(document: dict[str, Any], name: str, value: Any) -> None:
    document.pop(name, None)
    changed = _OF["gs_json_set"](json.dumps(document), True, f"$.{name}", json.dumps(value))
    assert json.loads(_OF["gs_json_remove"](changed, f"$.{name}")) == document


@given(st.lists(_VALUES, max_size=4), st.integers(0, 6), _VALUES)
def test_json_array_insert_fills_with_null_up_to_its_position(items: list[Any], place: int, value: Any) -> None:
    changed = json.loads(_OF["gs_json_insert"](json.dumps(items), False, f"$[{place}]", json.dumps(value)))
    filled = items + [None] * (place - len(items))
    assert changed == [*filled[:place], value, *filled[place:]]
