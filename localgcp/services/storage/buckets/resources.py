"""Buckets, as the state stores them and as the API returns them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from localgcp.services.storage.conventions.settings import changed_settings, etag
from localgcp.services.storage.conventions.values import is_true

# The fields that a client may set.
_SETTINGS = frozenset({
    "autoclass", "billing", "cors", "customPlacementConfig", "defaultEventBasedHold", "encryption", "iamConfiguration",
    "labels", "lifecycle", "logging", "retentionPolicy", "rpo", "softDeletePolicy", "storageClass", "versioning",
    "website",
})  # fmt: skip
_DUAL_REGIONS = ("ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4")
_MULTI_REGIONS = ("US", "EU", "ASIA")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket.

    Attributes:
        project: the id of its project.
        settings: the fields that a client set, as JSON: labels, lifecycle and so on.
        created, updated: RFC 3339.
        generation: distinguishes the bucket from earlier buckets of its name.
        soft_deleted: when a client deleted it; None for a live bucket.
        hard_deleted: until when a client can restore it; None for a live bucket.
    """

    name: str
    project: str
    location: str
    created: str
    updated: str
    metageneration: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0
    soft_deleted: str | None = None
    hard_deleted: str | None = None

    @property
    def keeps_versions(self) -> bool:
        """Whether replaced and deleted objects become noncurrent."""
        return is_true(self.settings.get("versioning") or {}, "enabled")

    @property
    def soft_deletion_s(self) -> int:
        """For how many seconds deleted objects can be restored; 0 without soft deletion."""
        return int((self.settings.get("softDeletePolicy") or {}).get("retentionDurationSeconds") or 0)

    @property
    def location_type(self) -> str:
        """`region`, `dual-region` or `multi-region`."""
        if self.location in _DUAL_REGIONS or self.settings.get("customPlacementConfig"):
            return "dual-region"
        return "multi-region" if self.location in _MULTI_REGIONS else "region"

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**{**raw, "generation": int(raw.get("generation", 0)), "settings": dict(raw.get("settings", {}))})

    def changed(self, body: Mapping[str, Any], updated: str, *, merge: bool) -> Self:
        """Return the bucket after a patch (`merge`), or after an update, which resets all fields that it omits."""
        return replace(
            self, settings=changed_settings(_SETTINGS, self.settings if merge else {}, body), updated=updated,
            metageneration=self.metageneration + 1,
        )  # fmt: skip

    def resource(self, base_url: str) -> dict[str, Any]:
        """Return the Bucket resource of the API."""
        fields = {
            "kind": "storage#bucket", "id": self.name, "name": self.name, "location": self.location,
            "locationType": self.location_type,
            "selfLink": f"{base_url}/storage/v1/b/{self.name}", "projectNumber": "0", "storageClass": "STANDARD",
            "metageneration": str(self.metageneration), "etag": etag(self.metageneration),
            "timeCreated": self.created, "updated": self.updated, "generation": str(self.generation),
            "softDeleteTime": self.soft_deleted, "hardDeleteTime": self.hard_deleted, **self.settings,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value is not None}


def bucket_settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a Bucket body that a client may set."""
    return changed_settings(_SETTINGS, {}, body)
