"""Encryption keys of objects: customer-supplied keys, and names of keys in Cloud KMS.

https://cloud.google.com/storage/docs/encryption/customer-supplied-keys. The server stores the SHA-256 of a key and not
the key, as Google does. It does not encrypt: bytes lie on the disk as they came, and the server sends them only to a
request with the right key. It stores the name of a KMS key without checking that the key exists.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument

ALGORITHM = "AES256"
COPY_SOURCE = "x-goog-copy-source-"
_KEY_BYTES = 32
_KMS_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")


def customer_key(headers: Mapping[str, str], prefix: str = "x-goog-") -> str | None:
    """Return the SHA-256 (base64) of the key in the headers of a request, or None without a key.

    Args:
        prefix: `COPY_SOURCE` for the key of the source of a copy.

    Raises:
        ApiError: 400 if one of the three headers is missing or contradicts the others.
    """
    start = f"{prefix}encryption-"
    algorithm, key, stated = (headers.get(f"{start}{name}") for name in ("algorithm", "key", "key-sha256"))
    if algorithm is None and key is None and stated is None:
        return None
    if algorithm != ALGORITHM:
        raise invalid_argument(
            f"Missing an encryption algorithm, or it is not '{ALGORITHM}'.", "customerEncryptionAlgorithmIsInvalid"
        )
    digest = base64.b64encode(hashlib.sha256(_decoded(key or "")).digest()).decode()
    if stated != digest:
        raise invalid_argument(
            "Missing a SHA256 hash of the encryption key, or it is not base64 encoded, or it does not match the key.",
            "customerEncryptionKeySha256IsInvalid",
        )
    return digest


def check_key(needed: str | None, received: str | None) -> None:
    """Compare the key of an object with the key of a request, both as `customer_key` returns them.

    Raises:
        ApiError: 400 if they differ.
    """
    if needed == received:
        return
    if received is None:
        raise _refused("The target object is encrypted by a customer-supplied encryption key.", "resourceIsEncrypted")
    if needed is None:
        raise _refused(
            "The target object is not encrypted by a customer-supplied encryption key.", "resourceNotEncrypted"
        )
    raise invalid_argument("The provided encryption key is incorrect.", "customerEncryptionKeyIsIncorrect")


def target_keys(headers: Mapping[str, str], kms_key: str | None) -> dict[str, str | None]:
    """Return the keys of the object that a request writes, as fields of a `Target`.

    Raises:
        ApiError: 400 for an invalid key, an invalid name of a KMS key, or both kinds of key at once.
    """
    key_sha256 = customer_key(headers)
    if kms_key and key_sha256:
        raise invalid_argument("An object has a customer-supplied encryption key or a Cloud KMS key, not both.")
    return {"key_sha256": key_sha256, "kms_key": checked_kms_key(kms_key)}


def checked_kms_key(name: str | None) -> str | None:
    """Return the name of a KMS key, or None if the name is empty.

    Raises:
        ApiError: 400 for a name of another form.
    """
    if not name:
        return None
    if not _KMS_KEY.fullmatch(str(name)):
        raise invalid_argument(
            f"Invalid Cloud KMS key name {name!r}: expected projects/P/locations/L/keyRings/R/cryptoKeys/K."
        )
    return name


def shown_keys(key_sha256: str | None, kms_key: str | None) -> dict[str, Any]:
    """Return the fields of an Object resource that describe its keys."""
    own = {"customerEncryption": {"encryptionAlgorithm": ALGORITHM, "keySha256": key_sha256}} if key_sha256 else {}
    return {**own, **({"kmsKeyName": _version(kms_key)} if kms_key else {})}


def key_headers(key_sha256: str | None, kms_key: str | None) -> dict[str, str]:
    """Return the response headers that describe the keys of an object."""
    start = "X-Goog-Encryption"
    own = {f"{start}-Algorithm": ALGORITHM, f"{start}-Key-Sha256": key_sha256} if key_sha256 else {}
    return {**own, **({f"{start}-Kms-Key-Name": _version(kms_key)} if kms_key else {})}


def _version(kms_key: str) -> str:
    return f"{kms_key}/cryptoKeyVersions/1"


def _decoded(key: str) -> bytes:
    try:
        found = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _KEY_BYTES:
        raise invalid_argument(
            "Missing an encryption key, or it is not base64 encoded, or it does not meet the required length of the "
            "encryption algorithm.",
            "customerEncryptionKeyFormatIsInvalid",
        )
    return found


def _refused(message: str, reason: str) -> ApiError:
    return invalid_argument(message, f"{reason}WithCustomerEncryptionKey")
