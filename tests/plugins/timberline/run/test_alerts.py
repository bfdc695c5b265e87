"""An alert is one line, for machines and for people."""

import json
from typing import Any

import pytest

from timberline.run.alerts import EVENT_PREFIX, Alert, AlertEvent


def _alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "event": AlertEvent.REJECTED,
        "dag_id": "dag",
        "run_id": "manual",
        "run_key": "dag-x",
        "task": "release.gate",
        "segment": "3",
        "reason": "f1-score 0.7 is below the floor 0.8",
        "try_number": 1,
    }
    return Alert(**{**fields, **changes})


def test_the_log_line_is_one_line_of_prefix_and_json() -> None:
    prefix, _, event = _alert(reason="first\nsecond").log_line.partition(" ")
    assert prefix == EVENT_PREFIX
    assert "\n" not in event
    assert json.loads(event) == _alert(reason="first\nsecond").to_json()
    assert json.loads(event)["event"] == "rejected"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {},
            "dag.release.gate (segment 3) rejected its challenger: f1-score 0.7 is below the floor 0.8 [run manual]",
        ),
        (
            {"event": AlertEvent.FAILED, "task": None, "segment": None, "reason": "first\nsecond"},
            "dag failed: first [run manual]",
        ),
        (
            {"event": AlertEvent.ROLLED_BACK, "segment": None, "reason": " "},
            "dag.release.gate rolled its release back: no reason given [run manual]",
        ),
    ],
)
def test_the_text_says_what_where_and_why_in_one_line(changes: dict[str, Any], text: str) -> None:
    assert _alert(**changes).text == text


def test_a_long_reason_is_cut() -> None:
    alert = _alert(reason="x" * 10_000)
    assert len(alert.text) < 500
    assert len(alert.log_line) < 3000
