"""What a request reads from and writes to, with the conditions that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localgcp.services.storage.conventions.preconditions import Preconditions


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """An object to copy or compose from; generation None means the live one.

    Attributes:
        key_sha256: the digest of the key that the request brings for it.
    """

    bucket: str
    name: str
    generation: int | None = None
    conditions: Preconditions = field(default_factory=Preconditions)
    key_sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where an object is to be written.

    Attributes:
        settings: the Object fields that the client sets, as JSON.
        conditions: what must hold of the object that it replaces.
        key_sha256: the digest of the key that the request brings for it.
        kms_key: the name of a key in Cloud KMS.
    """

    bucket: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Preconditions = field(default_factory=Preconditions)
    key_sha256: str | None = None
    kms_key: str | None = None
