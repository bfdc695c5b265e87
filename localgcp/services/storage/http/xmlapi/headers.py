"""What the headers of this API say: https://cloud.google.com/storage/docs/xml-api/reference-headers."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from localgcp.core.http.errors import ApiError, condition_not_met, unimplemented
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
_META = ("x-goog-meta-", "x-amz-meta-")  # S3 clients are told to use this API too


def settings(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the Object fields that an upload sets."""
    found: dict[str, Any] = {field: headers[name] for name, field in _SETTINGS.items() if headers.get(name)}
    metadata = {
        name.removeprefix(prefix): value
        for prefix in _META
        for name, value in headers.items()
        if name.startswith(prefix)
    }
    return {**found, **({"metadata": metadata} if metadata else {})}


def preconditions(headers: Mapping[str, str], prefix: str = "x-goog-") -> Preconditions:
    """Return the generations that a request insists on.

    Args:
        prefix: `x-goog-`, or `x-goog-copy-source-` for the source of a copy.

    Raises:
        ApiError: 400 for a value that is no number.
    """
    return Preconditions.read(lambda name: headers.get(prefix + re.sub(r"[A-Z]", lambda at: f"-{at[0].lower()}", name)))


def refuse_what_is_not_served(headers: Mapping[str, str], method_id: str) -> None:
    """Refuse headers that would change what is stored.

    Raises:
        ApiError: 501 by name.
    """
    for name, value in headers.items():
        # Bodies in signed chunks, with digests behind them, are what S3 clients send unless they are told not to.
        if (
            name.startswith("x-amz-server-side-encryption")
            or name == "x-amz-trailer"
            or value.startswith("aws-chunked")
        ):
            raise unimplemented(f"{method_id} with {name}")


def etag(stored: StoredObject) -> str:
    """Return the entity tag: that of this API is the MD5 of the content where it has one."""
    digest = "" if stored.key_sha256 else stored.md5_hex  # which tells of the content
    return f'"{digest}"' if digest else f'"{stored.etag}"'


def of_object(stored: StoredObject) -> dict[str, str]:
    """Return the headers of an object."""
    metadata = stored.settings.get("metadata") or {}
    return {
        **stored.media_headers(),
        "ETag": etag(stored),
        "Last-Modified": format_datetime(datetime.fromisoformat(stored.updated), usegmt=True),
        **{f"x-goog-meta-{name}": str(value) for name, value in metadata.items()},
    }


def unchanged(headers: Mapping[str, str], stored: StoredObject) -> bool:
    """Tell whether a read finds what its client has already (304).

    Raises:
        ApiError: 412 where the client insists on another content.
    """
    tag, updated = etag(stored), datetime.fromisoformat(stored.updated).replace(microsecond=0)
    if headers.get("if-match", tag) not in (tag, "*"):
        raise condition_not_met(f"Its ETag is {tag}, not {headers['if-match']}.")
    before = _time(headers.get("if-unmodified-since"))
    if before is not None and updated > before:
        raise condition_not_met(f"It was changed at {stored.updated}.")
    if "if-none-match" in headers:
        return headers["if-none-match"] in (tag, "*")
    since = _time(headers.get("if-modified-since"))
    return since is not None and updated <= since


def no_such_bucket(bucket: str, request_line: str) -> ApiError:
    """Tell that there is no such bucket, nor another API with such a path."""
    message = f"The specified bucket does not exist: {bucket}. No API served here has the path {request_line} either."
    return ApiError(404, "NOT_FOUND", message, "NoSuchBucket")


def _time(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None  # as RFC 9110 has it
    return found.replace(tzinfo=found.tzinfo or UTC) if found is not None else None
