"""Converts format elements of GoogleSQL, as in `dateFormat` and `timestampFormat`, to formats of DuckDB's strptime.

https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#format_string_as_datetime
"""

import re

from localgcp.core.conventions.errors import invalid_argument

_ELEMENTS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "MONTH": "%B",
    "MON": "%b",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "AM": "%p",
    "PM": "%p",
    "TZH:TZM": "%z",
    "TZH": "%z",
    "T": "T",
    **{f"FF{digits}": "%f" for digits in range(1, 7)},
}
_PART = re.compile("|".join(sorted(map(re.escape, _ELEMENTS), key=len, reverse=True)), re.IGNORECASE)
_SEPARATOR = re.compile(r"[-./,';: ]")


def strptime_format(text: str, option: str) -> str:
    """Return the DuckDB format for a format of GoogleSQL.

    Args:
        option: the field of the load configuration, for the message.

    Raises:
        ApiError: 400 for an element that localgcp does not support.
    """
    parts = []
    position = 0
    while position < len(text):
        if (found := _PART.match(text, position)) is not None:
            parts.append(_ELEMENTS[found[0].upper()])
            position = found.end()
        elif text[position] == '"' and (end := text.find('"', position + 1)) > 0:
            parts.append(text[position + 1 : end].replace("%", "%%"))
            position = end + 1
        elif _SEPARATOR.match(text, position):
            parts.append(text[position])
            position += 1
        else:
            raise invalid_argument(
                f"localgcp does not support the element at {text[position:]!r} of {option} {text!r}; it has "
                f"{', '.join(sorted(_ELEMENTS))}."
            )
    return "".join(parts)
