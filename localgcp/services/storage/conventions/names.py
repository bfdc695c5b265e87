"""The names that buckets and objects may have.

Buckets: https://cloud.google.com/storage/docs/buckets#naming. Objects: https://cloud.google.com/storage/docs/objects#naming.
"""

import re

from localgcp.core.conventions.errors import invalid_argument

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]")
_DOTTED_IP = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LONGEST_PART, _LONGEST_BUCKET, _LONGEST_OBJECT_BYTES = 63, 222, 1024


def check_bucket_name(name: str) -> None:
    """Refuse a bucket name that Google refuses.

    Raises:
        ApiError: 400, with the rule that the name breaks.
    """
    if problem := _bucket_problem(name):
        raise invalid_argument(f"Invalid bucket name: '{name}' {problem}.")


def _bucket_problem(name: str) -> str | None:
    parts = name.split(".")
    longest = _LONGEST_PART if len(parts) == 1 else _LONGEST_BUCKET
    rules = {
        f"is not 3 to {longest} characters long": not 3 <= len(name) <= longest,
        "has characters other than a-z, 0-9, '-', '_' and '.', or does not begin and end with a letter or digit": (
            not _BUCKET.fullmatch(name)
        ),
        f"has an empty part, or a part of more than {_LONGEST_PART} characters, between its dots": any(
            not 1 <= len(part) <= _LONGEST_PART for part in parts
        ),
        "looks like an IP address": _DOTTED_IP.fullmatch(name) is not None,
        "begins with 'goog' or contains 'google'": name.startswith("goog") or "google" in name,
    }
    return next((problem for problem, is_broken in rules.items() if is_broken), None)


def check_object_name(name: str) -> None:
    """Refuse an object name that Google refuses.

    Raises:
        ApiError: 400, with the rule that the name breaks.
    """
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise invalid_argument(f"Invalid object name: {name!r} is not valid Unicode.") from error
    if not 1 <= length <= _LONGEST_OBJECT_BYTES:
        raise invalid_argument(
            f"Invalid object name: it has {length} bytes of UTF-8; 1 to {_LONGEST_OBJECT_BYTES} are allowed."
        )
    if name in (".", "..") or "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise invalid_argument(f"Invalid object name: {name!r} is reserved, or contains a line break.")
