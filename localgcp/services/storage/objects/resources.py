"""Buckets and objects, as they are stored and as the API shows them."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self
from urllib.parse import quote

from localgcp.services.storage.conventions.encryption import key_headers, shown_keys

# What a client may set; everything else in a body is the server's own and ignored, as on Google.
_BUCKET_SETTINGS = frozenset({
    "autoclass", "billing", "cors", "customPlacementConfig", "defaultEventBasedHold", "encryption", "iamConfiguration",
    "labels", "lifecycle", "logging", "retentionPolicy", "rpo", "softDeletePolicy", "storageClass", "versioning",
    "website",
})  # fmt: skip
_OBJECT_SETTINGS = frozenset({
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType", "contexts", "customTime",
    "eventBasedHold", "metadata", "retention", "storageClass", "temporaryHold",
})  # fmt: skip
_DUAL_REGIONS = ("ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4")
_MULTI_REGIONS = ("US", "EU", "ASIA")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket.

    Attributes:
        project: the id of the project that it belongs to.
        settings: what a client set, as JSON: labels, lifecycle and so on.
        created, updated: RFC 3339.
        generation: tells it from former buckets of its name.
        soft_deleted, hard_deleted: since when it is deleted and until when it can be restored; None where it is not.
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
        return (self.settings.get("versioning") or {}).get("enabled") in (True, "true")

    @property
    def soft_deletion_s(self) -> int:
        """How long what is deleted in it can be restored; 0 is not at all."""
        return int((self.settings.get("softDeletePolicy") or {}).get("retentionDurationSeconds") or 0)

    @property
    def location_type(self) -> str:
        """Whether it lies in one region, in two or in many."""
        if self.location in _DUAL_REGIONS or self.settings.get("customPlacementConfig"):
            return "dual-region"
        return "multi-region" if self.location in _MULTI_REGIONS else "region"

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**raw)

    def changed(self, body: Mapping[str, Any], updated: str, *, merge: bool) -> Self:
        """Return the bucket after a patch (`merge`) or an update (everything not named goes back to its default)."""
        return replace(
            self, settings=_settings(_BUCKET_SETTINGS, self.settings if merge else {}, body), updated=updated,
            metageneration=self.metageneration + 1,
        )  # fmt: skip

    def resource(self, base_url: str) -> dict[str, Any]:
        """Return the API's Bucket resource."""
        shown = {
            "kind": "storage#bucket", "id": self.name, "name": self.name, "location": self.location,
            "locationType": self.location_type,
            "selfLink": f"{base_url}/storage/v1/b/{self.name}", "projectNumber": "0", "storageClass": "STANDARD",
            "metageneration": str(self.metageneration), "etag": _etag(self.metageneration),
            "timeCreated": self.created, "updated": self.updated, "generation": str(self.generation),
            "softDeleteTime": self.soft_deleted, "hardDeleteTime": self.hard_deleted, **self.settings,
        }  # fmt: skip
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One version of an object; its bytes are a file that never changes.

    Attributes:
        content_id: the name of that file.
        crc32c, md5: base64 of the big-endian digest; a composed object has no md5.
        settings: what a client set, as JSON: contentType, metadata and so on.
        component_count: how many objects it was composed of; None where it was uploaded.
        created, updated: RFC 3339.
        deleted: since when it is noncurrent, RFC 3339; None while it is live.
        soft_deleted, hard_deleted: since when it is deleted and until when it can be restored; None where it is not.
        retained_from: when its event-based hold ended, from which its retention counts; None is from its creation.
        class_changed: when its storage class changed last; None is at its creation.
        key_sha256: base64 of the digest of the key that its client brought; the key itself is kept nowhere.
        kms_key: the name of its key in Cloud KMS.
    """

    bucket: str
    name: str
    generation: int
    content_id: str
    size_bytes: int
    crc32c: str
    md5: str | None
    created: str
    updated: str
    metageneration: int = 1
    component_count: int | None = None
    deleted: str | None = None
    soft_deleted: str | None = None
    hard_deleted: str | None = None
    retained_from: str | None = None
    class_changed: str | None = None
    key_sha256: str | None = None
    kms_key: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def storage_class(self) -> str:
        """The storage class."""
        return str(self.settings.get("storageClass", "STANDARD"))

    @property
    def content_type(self) -> str:
        """The media type."""
        return str(self.settings.get("contentType", "application/octet-stream"))

    @property
    def etag(self) -> str:
        """The entity tag of content and metadata."""
        return _etag(self.generation, self.metageneration)

    @property
    def md5_hex(self) -> str:
        """The MD5 of the content in hexadecimal digits; empty where it has none."""
        return base64.b64decode(self.md5).hex() if self.md5 else ""

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**raw)

    def changed(self, body: Mapping[str, Any], updated: str, *, merge: bool) -> Self:
        """Return the object after a patch (`merge`) or an update (everything not named goes back to its default)."""
        settings = object_settings(body, self.settings if merge else {})
        is_released = _is_held(self.settings) and not _is_held(settings)
        return replace(
            self, settings=settings, updated=updated, metageneration=self.metageneration + 1,
            retained_from=updated if is_released else self.retained_from,
        )  # fmt: skip

    def resource(self, base_url: str) -> dict[str, Any]:
        """Return the API's Object resource."""
        path = f"storage/v1/b/{self.bucket}/o/{quote(self.name, safe='')}"
        shown = {
            "kind": "storage#object", "id": f"{self.bucket}/{self.name}/{self.generation}", "name": self.name,
            "bucket": self.bucket, "selfLink": f"{base_url}/{path}",
            "mediaLink": f"{base_url}/download/{path}?generation={self.generation}&alt=media",
            "generation": str(self.generation), "metageneration": str(self.metageneration),
            "size": str(self.size_bytes), "crc32c": self.crc32c, "md5Hash": self.md5, "etag": self.etag,
            "timeCreated": self.created, "updated": self.updated, "timeFinalized": self.created,
            "timeStorageClassUpdated": self.class_changed or self.created, "timeDeleted": self.deleted,
            "softDeleteTime": self.soft_deleted, "hardDeleteTime": self.hard_deleted,
            "componentCount": self.component_count, "storageClass": "STANDARD", **self.settings,
            **shown_keys(self.key_sha256, self.kms_key),
        }  # fmt: skip
        return {name: value for name, value in shown.items() if value is not None}

    def media_headers(self) -> dict[str, str]:
        """Return the headers of a download.

        https://cloud.google.com/storage/docs/xml-api/reference-headers
        """
        hashes = [f"crc32c={self.crc32c}", *([f"md5={self.md5}"] if self.md5 else [])]
        headers = {
            "Content-Type": self.content_type, "ETag": self.etag, "Accept-Ranges": "bytes",
            "X-Goog-Generation": str(self.generation), "X-Goog-Metageneration": str(self.metageneration),
            "X-Goog-Hash": ",".join(hashes), "X-Goog-Storage-Class": self.storage_class,
            "X-Goog-Stored-Content-Encoding": str(self.settings.get("contentEncoding", "identity")),
            "X-Goog-Stored-Content-Length": str(self.size_bytes), **key_headers(self.key_sha256, self.kms_key),
        }  # fmt: skip
        for setting, name in _MEDIA_SETTINGS.items():
            if value := self.settings.get(setting):
                headers[name] = str(value)
        return headers


_MEDIA_SETTINGS = {
    "cacheControl": "Cache-Control",
    "contentDisposition": "Content-Disposition",
    "contentEncoding": "Content-Encoding",
    "contentLanguage": "Content-Language",
}


def bucket_settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a Bucket body that a client may set."""
    return _settings(_BUCKET_SETTINGS, {}, body)


def object_settings(body: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields of an Object body that a client may set, merged into the present ones."""
    return _settings(_OBJECT_SETTINGS, present or {}, body)


def _is_held(settings: Mapping[str, Any]) -> bool:
    return settings.get("eventBasedHold") in (True, "true")


def _settings(allowed: frozenset[str], present: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    return _merged(present, {name: value for name, value in body.items() if name in allowed})


def _merged(present: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merge as RFC 7396 does: null removes, objects are merged, anything else replaces."""
    result = dict(present)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            former = result.get(name)
            result[name] = _merged(former if isinstance(former, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def _etag(*numbers: int) -> str:
    return base64.b64encode("/".join(map(str, numbers)).encode()).decode()
