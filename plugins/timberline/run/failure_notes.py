"""Failure notes: why a step of a segment failed. A failed instance of a mapped task returns no result. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from timberline.run.errors import FinalError

_ERROR_CHARACTERS = 4000


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureNote:
    """Why a step of a segment failed.

    Attributes:
        step: the step, e.g. `retrain`.
        segment: the parallel model.
        error: the error's message.
        type: the name of the error's class.
        final: whether another try would end the same way.
        at_s: when the step failed, in seconds since the epoch.
    """

    step: str
    segment: str
    error: str
    type: str
    final: bool
    at_s: float = 0.0

    @property
    def text(self) -> str:
        """The note in words, e.g. `retrain: no trial of ... succeeded`."""
        return f"{self.step}: {self.error}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON document."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FailureNote":
        """Read what `to_json` wrote; keys that a later version adds are ignored."""
        return cls(**{field.name: value[field.name] for field in fields(cls) if field.name in value})


def failure_note(step: str, segment: str, error: BaseException, now_s: float) -> FailureNote:
    """Return the note of an error that occurred at `now_s`; the class stands for an error without a message."""
    return FailureNote(
        step=step,
        segment=segment,
        error=(str(error) or type(error).__name__)[:_ERROR_CHARACTERS],
        type=type(error).__name__,
        final=isinstance(error, FinalError),
        at_s=now_s,
    )
