"""Labels of v1, which were any texts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.labels import translate_labels
from timberline.run.errors import AiPlatformError

_KEY, _VALUE = re.compile(r"[a-z][a-z0-9_-]{0,62}"), re.compile(r"[a-z0-9_-]{0,63}")


def test_what_vertex_ai_takes_stays_as_it_is_without_a_note() -> None:
    notes = Notes()
    assert translate_labels({"team": "forest_1", "empty": ""}, notes) == {"team": "forest_1", "empty": ""}
    assert not list(notes)


def test_what_it_does_not_take_is_changed_and_noted() -> None:
    notes = Notes()
    assert translate_labels({"Cost Centre": "A/12"}, notes) == {"cost_centre": "a_12"}
    (note,) = notes
    assert (note.field, note.text) == ("labels", "Cost Centre=A/12 -> cost_centre=a_12, as Vertex AI takes labels")


@given(st.dictionaries(st.text(max_size=80), st.text(max_size=80), max_size=4))
def test_whatever_is_not_refused_is_a_label_of_vertex_ai(labels: dict[str, str]) -> None:
    try:
        made = translate_labels(labels, Notes())
    except AiPlatformError:
        return
    assert len(made) == len(labels)
    assert all(_KEY.fullmatch(key) and _VALUE.fullmatch(value) for key, value in made.items())


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"a b": "1", "A B": "2"}, r"^labels\.A B: becomes 'a_b' on Vertex AI, as another label does; rename one$"),
        ({" ": "1"}, r"^labels: expected keys with a letter, found ' '"),
        ({"ai-platform-job": "1"}, r"^labels\.ai-platform-job: .*choose another key$"),
        ({f"k{number}": "" for number in range(64)}, "^labels: expected at most 63, found 64"),
    ],
)
def test_labels_that_cannot_be_told_apart_or_kept_are_refused(labels: dict[str, str], message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        translate_labels(labels, Notes())
