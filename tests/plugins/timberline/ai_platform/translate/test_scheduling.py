"""Times and priorities of v1."""

from typing import Any

import pytest

from timberline.ai_platform.notes import Note, NoteKind, Notes
from timberline.ai_platform.translate.scheduling import translate_scheduling
from timberline.run.errors import AiPlatformError


def _translated(scheduling: dict[str, Any]) -> tuple[dict[str, Any], list[Note]]:
    notes = Notes()
    return translate_scheduling(scheduling, notes), list(notes)


def test_the_running_time_is_the_timeout() -> None:
    assert _translated({"maxRunningTime": "3600.5s"}) == ({"timeout": "3600.5s"}, [])


def test_without_a_running_time_the_default_of_both_holds() -> None:
    assert _translated({}) == ({}, [])


@pytest.mark.parametrize(
    ("field", "value", "advice"), [("maxWaitTime", "1800s", "sensor"), ("priority", 1, "submit what is urgent first")]
)
def test_what_vertex_ai_does_not_do_is_warned_of_with_what_to_do_instead(
    field: str, value: object, advice: str
) -> None:
    scheduling, (note,) = _translated({field: value})
    assert scheduling == {}
    assert (note.kind, note.field) == (NoteKind.WARNING, f"trainingInput.scheduling.{field}")
    assert advice in note.text


def test_the_default_priority_is_not_worth_a_note() -> None:
    assert _translated({"priority": 0}) == ({}, [])


@pytest.mark.parametrize(
    ("field", "value"), [("maxRunningTime", "0s"), ("maxWaitTime", "1799s"), ("priority", 1001), ("priority", -1)]
)
def test_what_v1_would_have_refused_is_refused(field: str, value: object) -> None:
    with pytest.raises(AiPlatformError, match=rf"^trainingInput\.scheduling\.{field}: expected .*, found {value}"):
        _translated({field: value})
