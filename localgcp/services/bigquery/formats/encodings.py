"""The encodings of text files."""

from typing import Any

from localgcp.core.conventions.errors import invalid_argument

_CODECS = {
    "UTF-8": "utf-8",
    "ISO-8859-1": "latin-1",
    "UTF-16BE": "utf-16-be",
    "UTF-16LE": "utf-16-le",
    "UTF-32BE": "utf-32-be",
    "UTF-32LE": "utf-32-le",
}


def codec_of(load: dict[str, Any]) -> str:
    """Return the Python name of the encoding of a load job.

    Raises:
        ApiError: 400 for an encoding that BigQuery does not support.
    """
    name = str(load.get("encoding") or "UTF-8").upper()
    if name not in _CODECS:
        raise invalid_argument(f"Invalid value for encoding: {name} is not one of {', '.join(_CODECS)}.")
    return _CODECS[name]
