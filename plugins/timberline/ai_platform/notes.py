"""What a translation has to tell beside its result. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class NoteKind(StrEnum):
    """How much a note changes.

    SUBSTITUTION: Vertex AI gets something else that does the same work. WARNING: something v1 did is not done.
    """

    SUBSTITUTION = "substitution"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """One difference between what a v1 body says and what Vertex AI is asked for.

    Attributes:
        kind: what became of it.
        field: where it stands in the v1 body, e.g. `trainingInput.scaleTier`.
        text: what it became, or what to write instead.
    """

    kind: NoteKind
    field: str
    text: str

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.kind}: {self.field}: {self.text}"


@dataclass(slots=True)
class Notes:
    """The notes that one translation makes, in the order of their making and each once."""

    made: list[Note] = field(default_factory=list)

    def substitute(self, field: str, text: str) -> None:
        """Note that Vertex AI gets something else in place of a field's value."""
        self._add(Note(NoteKind.SUBSTITUTION, field, text))

    def warn(self, field: str, text: str) -> None:
        """Note that a field has no effect on Vertex AI, or another one."""
        self._add(Note(NoteKind.WARNING, field, text))

    def __iter__(self) -> Iterator[Note]:
        return iter(self.made)

    def _add(self, note: Note) -> None:
        if note not in self.made:
            self.made.append(note)
