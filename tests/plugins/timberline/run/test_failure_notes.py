"""A failure note keeps what a report needs."""

import pytest

from timberline.run.errors import DataError, ServiceUnavailable
from timberline.run.failure_notes import FailureNote, failure_note


@pytest.mark.parametrize(("error", "final"), [(DataError("no rows"), True), (ServiceUnavailable("no answer"), False)])
def test_a_note_says_whether_another_try_would_help(error: Exception, final: bool) -> None:
    note = failure_note("tune", "3", error, 5.0)
    assert (note.type, note.final, note.text) == (type(error).__name__, final, f"tune: {error}")


def test_an_error_without_a_message_is_told_by_its_class() -> None:
    assert failure_note("tune", "3", KeyError(), 5.0).error == "KeyError"


def test_a_note_survives_its_json_form_and_keys_of_later_versions() -> None:
    note = failure_note("tune", "3", DataError("no rows"), 5.0)
    assert FailureNote.from_json({**note.to_json(), "added_later": "x"}) == note
