"""Ids and aliases of v1's names: valid, and as distinct as the names are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.ai_platform.serving.resource_names import check_name, resource_id, version_alias
from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS, DEFAULT_ALIAS
from timberline.run.errors import AiPlatformError

_names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,127}\Z")
_close_names = st.from_regex(r"\A[aA][bB_]{0,4}\Z")


@given(_names)
def test_ids_are_valid(name: str) -> None:
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", resource_id(check_name(name, "name")))


@given(_names)
def test_aliases_are_valid(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]", version_alias(name))


@given(st.one_of(st.lists(_names, unique=True), st.lists(_close_names, unique=True)))
def test_distinct_names_stay_distinct(names: list[str]) -> None:
    assert len({resource_id(name) for name in names}) == len(names)
    assert len({version_alias(name) for name in names}) == len(names)


@pytest.mark.parametrize(("name", "expected"), [("forest_cover", "forest-cover"), ("m", "m"), ("v01", "v01")])
def test_a_plain_id_keeps_its_look(name: str, expected: str) -> None:
    assert resource_id(name) == expected


@pytest.mark.parametrize(("name", "expected"), [("v01", "v01"), ("v_1", "v-1"), ("vOne1", "vOne1")])
def test_a_plain_alias_keeps_its_look(name: str, expected: str) -> None:
    assert version_alias(name) == expected


@pytest.mark.parametrize("name", [DEFAULT_ALIAS, CHALLENGER_ALIAS, CHAMPION_ALIAS])
def test_an_alias_with_a_meaning_of_its_own_is_not_taken(name: str) -> None:
    assert version_alias(name) not in (DEFAULT_ALIAS, CHALLENGER_ALIAS, CHAMPION_ALIAS)


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a b", "ä", "a" * 129, "a\n", None, 3])
def test_a_name_that_v1_would_not_take_is_refused(name: object) -> None:
    with pytest.raises(AiPlatformError, match=r"^version\.name: expected 1 to 128 letters"):
        check_name(name, "version.name")
