"""Objects, as the state stores them and as the API returns them."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self
from urllib.parse import quote

from localgcp.services.storage.conventions.encryption import key_headers, shown_keys
from localgcp.services.storage.conventions.settings import changed_settings, etag
from localgcp.services.storage.conventions.values import is_true

# The fields that a client may set.
_SETTINGS = frozenset({
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType", "contexts", "customTime",
    "eventBasedHold", "metadata", "retention", "storageClass", "temporaryHold",
})  # fmt: skip
_SETTING_HEADERS = {
    "cacheControl": "Cache-Control",
    "contentDisposition": "Content-Disposition",
    "contentEncoding": "Content-Encoding",
    "contentLanguage": "Content-Language",
}


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One version of an object; the file with its bytes never changes.

    Attributes:
        content_id: the name of that file.
        crc32c, md5: base64 of the big-endian digest; a composed object has no md5.
        settings: the fields that a client set, as JSON: contentType, metadata and so on.
        component_count: the number of objects that it was composed of; None for an uploaded object.
        created, updated: RFC 3339.
        deleted: when the version became noncurrent, RFC 3339; None for a live object.
        soft_deleted: when the version was deleted; None for one that is not soft-deleted.
        hard_deleted: until when a client can restore it; None for one that is not soft-deleted.
        retained_from: when its event-based hold ended, which starts its retention period; None means its creation.
        class_changed: when its storage class changed last; None means its creation.
        key_sha256: base64 of the SHA-256 of its customer-supplied key.
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
        return etag(self.generation, self.metageneration)

    @property
    def md5_hex(self) -> str:
        """The MD5 of the content in hexadecimal digits; empty if the object has no md5."""
        return base64.b64decode(self.md5).hex() if self.md5 else ""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        numbers = {name: int(raw[name]) for name in ("generation", "size_bytes")}
        return cls(**{**raw, **numbers, "settings": dict(raw.get("settings", {}))})

    def changed(self, body: Mapping[str, Any], updated: str, *, merge: bool) -> Self:
        """Return the object after a patch (`merge`), or after an update, which resets all fields that it omits."""
        settings = object_settings(body, self.settings if merge else {})
        is_released = is_true(self.settings, "eventBasedHold") and not is_true(settings, "eventBasedHold")
        return replace(
            self, settings=settings, updated=updated, metageneration=self.metageneration + 1,
            retained_from=updated if is_released else self.retained_from,
        )  # fmt: skip

    def resource(self, base_url: str) -> dict[str, Any]:
        """Return the Object resource of the API, without what the bucket's settings add to it."""
        path = f"storage/v1/b/{self.bucket}/o/{quote(self.name, safe='')}"
        fields = {
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
        return {name: value for name, value in fields.items() if value is not None}

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
        for setting, name in _SETTING_HEADERS.items():
            if value := self.settings.get(setting):
                headers[name] = str(value)
        return headers


def object_settings(body: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields of an Object body that a client may set, merged into the present settings."""
    return changed_settings(_SETTINGS, present or {}, body)
