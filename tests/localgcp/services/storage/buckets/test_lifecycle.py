"""The decisions of lifecycle rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.storage.buckets.lifecycle import DELETE, Facts, decision, is_aborted

_NOW = datetime(2030, 1, 11, tzinfo=UTC)


def _facts(days: float = 10, **more: Any) -> Facts:
    return Facts(**{"name": "dir/a.csv", "created": _NOW - timedelta(days=days), **more})


def _rule(action: str = DELETE, **condition: Any) -> dict[str, Any]:
    if action in (DELETE, "AbortIncompleteMultipartUpload"):
        return {"action": {"type": action}, "condition": condition}
    return {"action": {"type": "SetStorageClass", "storageClass": action}, "condition": condition}


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        ({"age": 10}, _facts(), True),
        ({"age": 11}, _facts(), False),
        ({"age": 0}, _facts(0), True),
        ({"createdBefore": "2030-01-02"}, _facts(), True),
        ({"createdBefore": "2030-01-01"}, _facts(), False),
        ({"customTimeBefore": "2030-01-01"}, _facts(), False),
        ({"customTimeBefore": "2030-01-01"}, _facts(custom_time=datetime(2029, 1, 1, tzinfo=UTC)), True),
        ({"daysSinceCustomTime": 3}, _facts(custom_time=_NOW - timedelta(days=3)), True),
        ({"isLive": True}, _facts(), True),
        ({"isLive": False}, _facts(), False),
        ({"isLive": False}, _facts(noncurrent=_NOW), True),
        ({"numNewerVersions": 2}, _facts(newer=2), True),
        ({"numNewerVersions": 2}, _facts(newer=1), False),
        ({"daysSinceNoncurrentTime": 0}, _facts(), False),
        ({"daysSinceNoncurrentTime": 2}, _facts(noncurrent=_NOW - timedelta(days=2)), True),
        ({"noncurrentTimeBefore": "2030-01-11"}, _facts(noncurrent=_NOW - timedelta(seconds=1)), True),
        ({"matchesPrefix": ["x/", "dir/"]}, _facts(), True),
        ({"matchesPrefix": ["x/"]}, _facts(), False),
        ({"matchesSuffix": [".csv"]}, _facts(), True),
        ({"matchesSuffix": [".txt"]}, _facts(), False),
        ({"matchesStorageClass": ["NEARLINE"]}, _facts(), False),
        ({"matchesStorageClass": ["STANDARD", "NEARLINE"]}, _facts(), True),
        ({"sizeAboveBytes": "9"}, _facts(size_bytes=10), True),
        ({"sizeBelowBytes": 10}, _facts(size_bytes=10), False),
        ({"age": 1, "matchesSuffix": [".txt"]}, _facts(), False),
        ({"matchesPattern": ".*"}, _facts(), False),
    ],
)
def test_rule_applies_if_all_its_conditions_hold(condition: dict[str, Any], facts: Facts, holds: bool) -> None:
    assert decision([_rule(**condition)], facts, _NOW) == (DELETE if holds else None)


@pytest.mark.parametrize(
    ("rules", "present", "expected"),
    [
        ([_rule("NEARLINE", age=1), _rule("ARCHIVE", age=1), _rule("COLDLINE", age=1)], "STANDARD", "ARCHIVE"),
        ([_rule("NEARLINE", age=1)], "COLDLINE", None),
        ([_rule("NEARLINE", age=1)], "NEARLINE", None),
        ([_rule("ARCHIVE", age=1), _rule(age=1)], "STANDARD", DELETE),
        ([_rule("AbortIncompleteMultipartUpload", age=1)], "STANDARD", None),
    ],
)
def test_deletion_wins_then_the_coldest_class(rules: list[Any], present: str, expected: str | None) -> None:
    assert decision(rules, _facts(storage_class=present), _NOW) == expected


def test_only_abort_rules_abort_an_upload() -> None:
    assert is_aborted([_rule("AbortIncompleteMultipartUpload", age=10)], _facts(), _NOW)
    assert not is_aborted([_rule(age=1)], _facts(), _NOW)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_decision_to_delete_holds_at_every_later_time(age: int, days: int, later: int) -> None:
    rules, facts = [_rule(age=age)], _facts(days)
    if decision(rules, facts, _NOW) == DELETE:
        assert decision(rules, facts, _NOW + timedelta(days=later)) == DELETE
