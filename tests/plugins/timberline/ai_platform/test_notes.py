"""The notes of a translation."""

from timberline.ai_platform.notes import Notes


def test_notes_stay_in_order_and_are_made_once() -> None:
    notes = Notes()
    notes.warn("b", "is gone")
    notes.substitute("a", "1 -> 2")
    notes.warn("b", "is gone")
    assert [str(note) for note in notes] == ["warning: b: is gone", "substitution: a: 1 -> 2"]
