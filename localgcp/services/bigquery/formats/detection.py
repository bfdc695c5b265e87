"""Schema detection: the types of texts and the names of columns.

https://cloud.google.com/bigquery/docs/schema-detect
"""

import re
from collections.abc import Callable, Iterable

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.text_values import INT64, date_of, time_of, timestamp_of

SAMPLE_ROWS = 500
_STANDARD_NAME = re.compile(r"\W", re.ASCII)
_FLEXIBLE_NAME = re.compile(r"[!\"$()*,./;?@\[\\\]^`{}~\x00-\x1f]")
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|infinity|nan)", re.ASCII | re.I)
# The type of a column with values of two types.
_WIDER = {
    frozenset(("INTEGER", "FLOAT")): "FLOAT",
    frozenset(("DATE", "TIMESTAMP")): "TIMESTAMP",
}


def text_type(text: str) -> str:
    """Return the most specific type that a text can be parsed as."""
    word = text.strip()
    if word.lower() in ("true", "false"):
        return "BOOLEAN"
    if _INTEGER.fullmatch(word):
        return "INTEGER" if int(word) in INT64 else "FLOAT"
    if _FLOAT.fullmatch(word):
        return "FLOAT"
    for kind, parse in _TIMES:
        try:
            parse(word)
        except ValueError:
            continue
        return kind
    return "STRING"


_TIMES: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("DATE", date_of),
    ("TIME", time_of),
    ("TIMESTAMP", timestamp_of),
)


def common_type(types: Iterable[str]) -> str:
    """Return the type of a column from the types of its values; STRING for a column without values."""
    found = set(types)
    if len(found) > 1:
        return _WIDER.get(frozenset(found), "STRING")
    return found.pop() if found else "STRING"


def column_name(text: str, character_map: str) -> str:
    """Return the name of a column for a name in a file.

    Args:
        text: the name in the file.
        character_map: `V1` or empty replaces all characters but letters, digits and underscores; `V2` replaces the
            characters that flexible names exclude; `STRICT` replaces none.

    Raises:
        ApiError: 400 for a name that `STRICT` does not allow.
    """
    if character_map == "STRICT":
        if _FLEXIBLE_NAME.search(text) or not text:
            raise invalid_argument(
                f'Invalid field name "{text}". Fields must contain the allowed characters, and be at most 300 '
                "characters long. Set columnNameCharacterMap to V1 or V2 to have other characters replaced."
            )
        return text
    pattern = _FLEXIBLE_NAME if character_map == "V2" else _STANDARD_NAME
    name = pattern.sub("_", text.strip()) or "_"
    return f"_{name}" if name[0].isdigit() and character_map != "V2" else name
