"""Converts v1's labels, which may be any texts, to valid labels of Vertex AI. Pure."""

import re
from collections.abc import Mapping

from timberline.ai_platform.job_ids import JOB_LABEL
from timberline.ai_platform.notes import Notes
from timberline.run.errors import AiPlatformError
from timberline.run.identity import LABEL_LIMIT

_FOREIGN = re.compile(r"[^a-z0-9_-]")  # https://cloud.google.com/resource-manager/docs/labels-overview#requirements
_MOST_LABELS = 63  # Vertex AI allows 64; one is the label of the job's id


def translate_labels(labels: Mapping[str, str], notes: Notes) -> dict[str, str]:
    """Return valid labels.

    Args:
        labels: the labels of the v1 job.
        notes: receives a note for each changed label.

    Raises:
        AiPlatformError: a key is empty, reserved, or becomes equal to another key; or there are too many labels.
    """
    if len(labels) > _MOST_LABELS:
        raise AiPlatformError(f"labels: expected at most {_MOST_LABELS}, found {len(labels)}; remove some")
    made: dict[str, str] = {}
    for key, value in labels.items():
        new_key, new_value = _key(key), _value(value)
        shown = key if key.isprintable() else repr(key)  # a message is one line
        if new_key == JOB_LABEL:
            raise AiPlatformError(f"labels.{shown}: the label {JOB_LABEL} holds the job's id; choose another key")
        if new_key in made:
            raise AiPlatformError(
                f"labels.{shown}: becomes {new_key!r} on Vertex AI, as another label does; rename one"
            )
        if (new_key, new_value) != (key, value):
            notes.substitute("labels", f"{key}={value} -> {new_key}={new_value}, as Vertex AI takes labels")
        made[new_key] = new_value
    return made


def _key(key: str) -> str:
    if not key.strip():
        raise AiPlatformError(f"labels: expected keys with a letter, found {key!r}; name the label")
    reduced = _value(key)
    return reduced if reduced[0].isalpha() else f"x-{reduced}"[:LABEL_LIMIT]


def _value(text: str) -> str:
    return _FOREIGN.sub("_", text.lower())[:LABEL_LIMIT]
