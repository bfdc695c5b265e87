"""The headers of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-headers."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from localgcp.core.conventions.errors import ApiError, condition_not_met, unimplemented
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.resources import StoredObject

_SETTINGS = {
    "content-type": "contentType",
    "cache-control": "cacheControl",
    "content-disposition": "contentDisposition",
    "content-encoding": "contentEncoding",
    "content-language": "contentLanguage",
    "x-goog-storage-class": "storageClass",
    "x-goog-custom-time": "customTime",
}
_META = ("x-goog-meta-", "x-amz-meta-")  # S3 clients use this API too


def settings(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the Object fields that the headers of an upload set."""
    found: dict[str, Any] = {field: headers[name] for name, field in _SETTINGS.items() if headers.get(name)}
    metadata = {
        name.removeprefix(prefix): value
        for prefix in _META
        for name, value in headers.items()
        if name.startswith(prefix)
    }
    return {**found, **({"metadata": metadata} if metadata else {})}


def preconditions(headers: Mapping[str, str], prefix: str = "x-goog-") -> Preconditions:
    """Return the preconditions of a request.

    Args:
        prefix: `x-goog-`, or `x-goog-copy-source-` for the source of a copy.

    Raises:
        ApiError: 400 for a value that is not a number.
    """
    return Preconditions.read(lambda name: headers.get(prefix + re.sub(r"[A-Z]", lambda at: f"-{at[0].lower()}", name)))


def refuse_unimplemented(headers: Mapping[str, str], method_id: str) -> None:
    """Refuse headers that would change what the server stores and are not implemented.

    Raises:
        ApiError: 501, which names the header.
    """
    for name, value in headers.items():
        # By default, S3 clients send bodies in signed chunks, followed by digests.
        if (
            name.startswith("x-amz-server-side-encryption")
            or name == "x-amz-trailer"
            or value.startswith("aws-chunked")
        ):
            raise unimplemented(f"{method_id} with {name}")


def etag(stored: StoredObject) -> str:
    """Return the entity tag of the XML API: the MD5 of the content if the object has one."""
    # The MD5 would reveal the content of an object with a customer-supplied key.
    digest = "" if stored.key_sha256 else stored.md5_hex
    return f'"{digest}"' if digest else f'"{stored.etag}"'


def of_object(stored: StoredObject) -> dict[str, str]:
    """Return the response headers of an object."""
    metadata = stored.settings.get("metadata") or {}
    return {
        **stored.media_headers(),
        "ETag": etag(stored),
        "Last-Modified": format_datetime(datetime.fromisoformat(stored.updated), usegmt=True),
        **{f"x-goog-meta-{name}": str(value) for name, value in metadata.items()},
    }


def is_unchanged(headers: Mapping[str, str], stored: StoredObject) -> bool:
    """Return whether the client already has the object, so that the answer to a read is 304.

    Raises:
        ApiError: 412 if the object does not meet the conditions of the request.
    """
    tag, updated = etag(stored), datetime.fromisoformat(stored.updated).replace(microsecond=0)
    if headers.get("if-match", tag) not in (tag, "*"):
        raise condition_not_met(f"The ETag of the object is {tag}, not {headers['if-match']}.")
    before = _time(headers.get("if-unmodified-since"))
    if before is not None and updated > before:
        raise condition_not_met(f"The object was changed at {stored.updated}.")
    if "if-none-match" in headers:
        return headers["if-none-match"] in (tag, "*")
    since = _time(headers.get("if-modified-since"))
    return since is not None and updated <= since


def no_such_bucket(bucket: str, request_line: str) -> ApiError:
    """Return the error for a path that names neither a bucket nor another API."""
    message = f"The specified bucket does not exist: {bucket}. No API served here has the path {request_line} either."
    return ApiError(404, "NOT_FOUND", message, "NoSuchBucket")


def _time(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None  # RFC 9110: ignore an invalid date
    return found.replace(tzinfo=found.tzinfo or UTC) if found is not None else None
