"""What one step of a run returns to others: a frozen dataclass in JSON form. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self


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
