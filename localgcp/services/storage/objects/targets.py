"""The objects that a request reads and writes, with its conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localgcp.services.storage.conventions.preconditions import Preconditions


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectSource:
    """An object that a request reads, copies, changes or deletes.

    Attributes:
        generation: that of one version; None means the live object.
        key_sha256: the SHA-256 of the customer-supplied key in the request.
    """

    bucket: str
    name: str
    generation: int | None = None
    conditions: Preconditions = field(default_factory=Preconditions)
    key_sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectTarget:
    """An object that a request writes.

    Attributes:
        settings: the Object fields that the client sets, as JSON.
        conditions: the conditions on the object that it replaces.
        key_sha256: the SHA-256 of the customer-supplied key in the request.
        kms_key: the name of a key in Cloud KMS.
    """

    bucket: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Preconditions = field(default_factory=Preconditions)
    key_sha256: str | None = None
    kms_key: str | None = None
