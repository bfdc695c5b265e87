"""Notes of a translation: differences between the AI Platform body and the Vertex AI request. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class NoteKind(StrEnum):
    """The kinds of note.

    SUBSTITUTION: Vertex AI gets another value with the same effect. WARNING: an effect on AI Platform is missing.
    """

    SUBSTITUTION = "substitution"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """One difference between a v1 body and the request to Vertex AI.

    Attributes:
        kind: the kind of note.
        field: the field's path in the v1 body, e.g. `trainingInput.scaleTier`.
        text: the new value, or what to write instead.
    """

    kind: NoteKind
    field: str
    text: str

    def __str__(self) -> str:
        """Return the note as one line for the log."""
        return f"{self.kind}: {self.field}: {self.text}"


@dataclass(slots=True)
class Notes:
    """The notes of one translation, in their order and without duplicates."""

    made: list[Note] = field(default_factory=list)

    def substitute(self, field: str, text: str) -> None:
        """Note that Vertex AI gets another value in place of a field's value."""
        self._add(Note(NoteKind.SUBSTITUTION, field, text))

    def warn(self, field: str, text: str) -> None:
        """Note that a field has no effect, or another effect, on Vertex AI."""
        self._add(Note(NoteKind.WARNING, field, text))

    def __iter__(self) -> Iterator[Note]:
        return iter(self.made)

    def _add(self, note: Note) -> None:
        if note not in self.made:
            self.made.append(note)
