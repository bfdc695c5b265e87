"""List filters: every rule of the language once, and laws that hold for all filters."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.core.conventions.filters import compile_filter

_JOB = {
    "displayName": "tune cover 3",
    "state": "JOB_STATE_RUNNING",
    "createTime": "2026-03-01T10:00:00.250000Z",
    "labels": {"timberline-run": "abc-1", "snake_key": "v", "empty": ""},
    "maxTrialCount": 12,
    "spec": {"scheduling": {"restart": True}},
    "tags": ["red", "blue"],
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "labels.timberline-run=abc-1",
        'labels.timberline-run="abc-1"',
        "labels.timberline-run = 'abc-1'",
        'labels."timberline-run"=abc-1',
        "labels.timberline-run:*",
        "labels:timberline-run",
        "labels.snake_key=v",
        'state="JOB_STATE_RUNNING"',
        "state=JOB_STATE_RUNNING",
        "state!=JOB_STATE_FAILED",
        'display_name="tune cover 3"',
        'displayName="tune cover 3"',
        'display_name="tune*"',
        'display_name="*cover*"',
        'display_name:"cover"',
        'create_time>"2026-03-01T09:00:00Z"',
        'create_time>="2026-03-01T10:00:00.25Z"',
        'create_time<"2026-03-01T12:30:00+02:00"',
        'createTime="2026-03-01T10:00:00.250000000Z"',
        "max_trial_count>=12",
        "max_trial_count<100",
        "spec.scheduling.restart=true",
        "tags:red",
        "labels.none!=x",
        "NOT labels:none",
        "-labels:none",
        "-(state=A OR state=B)",
        "state=JOB_STATE_RUNNING labels.snake_key=v",
        "state=A OR state=JOB_STATE_RUNNING",
    ],
)
def test_filter_holds(text: str) -> None:
    assert compile_filter(text)(_JOB)


@pytest.mark.parametrize(
    "text",
    [
        "labels.timberline-run=abc",
        "labels.timberline-run=abc-10",
        "labels.snakeKey=v",
        "labels:none",
        "labels.none:*",
        "labels.none=x",
        'display_name="tune"',
        'display_name="*cover"',
        r'display_name="tune\*"',
        'create_time>"2026-03-01T10:00:00.25Z"',
        "max_trial_count<9",
        "NOT state=JOB_STATE_RUNNING",
        "state=JOB_STATE_RUNNING AND labels:none",
        "unknown=1",
    ],
)
def test_filter_does_not_hold(text: str) -> None:
    assert not compile_filter(text)(_JOB)


def test_label_keys_are_taken_as_written() -> None:
    assert not compile_filter("labels.my_key=v")({"labels": {"myKey": "v"}})


def test_or_binds_tighter_than_and() -> None:
    # As a programming language reads it, (a AND b) OR c would hold here.
    assert not compile_filter("state=NO AND state=NO OR state=JOB_STATE_RUNNING")(_JOB)
    assert compile_filter("(state=NO AND state=NO) OR state=JOB_STATE_RUNNING")(_JOB)


def test_escaped_star_is_a_star() -> None:
    assert compile_filter(r'display_name="a\*"')({"displayName": "a*"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("state", "expected an operator (= != < <= > >= :) after state but found the end"),
        ("state=", "expected a value after = but found the end"),
        ("=x", "expected a field name but found = at position 0"),
        ('state="x', 'unexpected " at position 6'),
        ("a=b AND", "expected a field name but found the end"),
        ("a=b OR", "expected a field name but found the end"),
        ("AND a=b", "expected a field name but found AND at position 0"),
        ("(a=b", "expected ) but found the end"),
        ("a=b)", "unexpected ) at position 3"),
        ("a..b=1", "a..b is not a field name"),
        ('a="b"c', '"b"c mixes quoted and unquoted text'),
        ("create_time>yesterday", "create_time needs a time"),
        ('create_time>"2026-03-01T10:00:00"', "create_time needs a time"),
        ("(" * 60 + "a=b", "nested more than 50 deep"),
    ],
)
def test_bad_syntax_is_one_clear_400(text: str, problem: str) -> None:
    with pytest.raises(ApiError) as caught:
        compile_filter(text)
    assert caught.value.code == 400
    assert problem in caught.value.message
    assert "\n" not in caught.value.message


def test_field_outside_of_the_list_is_refused_by_name() -> None:
    with pytest.raises(ApiError, match="displayname is not a field to filter by"):
        compile_filter("displayname=x", fields=["displayName", "labels"])
    assert compile_filter("display_name=x", fields=["displayName"])({"displayName": "x"})


_words = st.text("abcxyz019-_", min_size=1, max_size=6).filter(lambda word: word[0] not in "-_")
_resources = st.fixed_dictionaries({
    "state": _words, "labels": st.dictionaries(_words, _words, max_size=3),
})  # fmt: skip
_atoms = st.builds("{}={}".format, st.one_of(st.just("state"), _words.map("labels.{}".format)), _words)


@given(_atoms, _resources)
def test_not_negates_a_term(atom: str, resource: dict) -> None:
    assert compile_filter(f"NOT {atom}")(resource) == (not compile_filter(atom)(resource))
    assert compile_filter(atom.replace("=", "!=", 1))(resource) == (not compile_filter(atom)(resource))


@given(st.lists(_atoms, min_size=1, max_size=4), _resources)
def test_and_or_are_all_and_any(atoms: list[str], resource: dict) -> None:
    values = [compile_filter(atom)(resource) for atom in atoms]
    assert compile_filter(" AND ".join(atoms))(resource) == all(values)
    assert compile_filter(" ".join(atoms))(resource) == all(values)
    assert compile_filter(" OR ".join(atoms))(resource) == any(values)


@given(_resources)
def test_every_label_is_found_by_key_and_by_value(resource: dict) -> None:
    for key, value in resource["labels"].items():
        assert compile_filter(f'labels:{key} labels.{key}="{value}"')(resource)


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_400(text: str) -> None:
    with suppress(ApiError):
        compile_filter(text)({"state": "x", "labels": {"a": "b"}})


@given(st.text(max_size=20))
def test_a_quoted_value_matches_exactly_itself(value: str) -> None:
    quoted = "".join(f"\\{letter}" if letter in '"\\*' else letter for letter in value)
    holds = compile_filter(f'displayName="{quoted}"')
    assert holds({"displayName": value})
    assert not holds({"displayName": value + "x"})
