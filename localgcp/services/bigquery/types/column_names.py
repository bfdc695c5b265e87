"""The names that columns and fields may have."""

import re

from localgcp.core.conventions.errors import invalid_argument

# https://cloud.google.com/bigquery/docs/schemas#column_names
_RESERVED = ("_PARTITION", "_TABLE_", "_FILE_", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER")
# The characters that the page forbids, and control characters and lone surrogates, which it does not allow either.
_COLUMN_NAME = re.compile(r"[^!\"$()*,./;?@\[\\\]^`{}~\x00-\x1f\x7f\ud800-\udfff]{1,300}")


def check_column_name(text: str) -> None:
    """Refuse a name that no column or field may have.

    Raises:
        ApiError: 400, in Google's words.
    """
    if not _COLUMN_NAME.fullmatch(text):
        raise invalid_argument(
            f'Invalid field name "{text}". Fields must contain the allowed characters, and be at most 300 characters '
            "long. For allowed characters, please refer to https://cloud.google.com/bigquery/docs/schemas#column_names"
        )
    if text.upper().startswith(_RESERVED):
        raise invalid_argument(
            f'Invalid field name "{text}". Field names are not allowed to start with the (case-insensitive) prefixes '
            f"{', '.join(_RESERVED[:-1])} and {_RESERVED[-1]}"
        )
