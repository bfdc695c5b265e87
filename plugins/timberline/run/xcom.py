"""What one step of a run returns to others: a frozen dataclass in JSON form. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self

from timberline.run.errors import InputError


class XComValue:
    """Base of frozen dataclasses of texts, numbers and plain mappings."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the XCom value."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; keys that a later version adds are ignored."""
        return cls(**{field.name: value[field.name] for field in fields(cls) if field.name in value})  # type: ignore[arg-type]


def single(result: Any) -> Any:
    """Return the only element of a list, or a result that is not a list.

    A step that serves many segments returns a list; a pipeline of one model passes that list to a step for one segment.

    Raises:
        InputError: the list does not have one element.
    """
    if isinstance(result, Mapping):
        return result
    found = [each for each in result or () if each]
    if len(found) != 1:
        raise InputError(f"expected the result of one model, found {len(found)}; clear the tasks before this one")
    return found[0]
