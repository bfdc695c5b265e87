"""The session of a resumable upload, and its progress."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from localgcp.core.state.clock import CLOCK
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.resources import StoredObject
from localgcp.services.storage.objects.targets import ObjectTarget

_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumableSession:
    """One resumable upload.

    Attributes:
        hashes: the digests that the client states, under `crc32c` and `md5`.
        size_bytes: the announced size of the object, or None.
        result: the object, once the upload is complete.
    """

    id: str
    target: ObjectTarget
    created: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int | None = None
    result: StoredObject | None = None

    @property
    def is_expired(self) -> bool:
        """Whether the session is older than a week."""
        return datetime.fromisoformat(self.created) < CLOCK.utc() - _LIFETIME

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        conditions = Preconditions(**raw["target"]["conditions"])
        result = StoredObject.from_json(raw["result"]) if raw["result"] else None
        datetime.fromisoformat(raw["created"])
        return cls(**{**raw, "target": ObjectTarget(**{**raw["target"], "conditions": conditions}), "result": result})


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How many bytes of an upload have arrived, and the object once the upload is complete."""

    size_bytes: int
    result: StoredObject | None = None
