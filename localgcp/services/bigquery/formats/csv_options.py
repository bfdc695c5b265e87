"""The CSV options of a load job; names as in `JobConfigurationLoad`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.encodings import codec_of
from localgcp.services.bigquery.formats.text_values import zone_of
from localgcp.services.bigquery.formats.time_formats import strptime_format

_TABS = {"tab": "\t", "\\t": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """The CSV options of a load job.

    Attributes:
        skip_leading_rows: None lets the detection of the schema decide.
        null_markers: the texts that mean NULL; None means only the empty cell.
        codec: the encoding, by its Python name.
        time_zone: the zone of timestamps without a zone.
        formats: the DuckDB formats of DATE, DATETIME, TIME and TIMESTAMP that the job sets.
        match_by_name: whether the header, not the position, assigns cells to columns.
    """

    delimiter: str = ","
    quote: str = '"'
    skip_leading_rows: int | None = None
    null_markers: Sequence[str] = ("",)
    allow_jagged_rows: bool = False
    allow_quoted_newlines: bool = False
    ignore_unknown_values: bool = False
    preserve_control_characters: bool = False
    codec: str = "utf-8"
    time_zone: str = "UTC"
    formats: tuple[tuple[str, str], ...] = ()
    match_by_name: bool = False
    character_map: str = ""

    @classmethod
    def from_json(cls, load: dict[str, Any]) -> "CsvOptions":
        """Read a load configuration.

        Raises:
            ApiError: 400 for a value that is invalid, or that localgcp does not support.
        """
        codec = codec_of(load)
        quote = load["quote"] if load.get("quote") is not None else '"'
        if len(quote) > 1 or (quote and ord(quote) > 127):
            raise invalid_argument(f"Invalid value for quote: {quote!r}; localgcp takes one ASCII character, or none.")
        skip = load.get("skipLeadingRows")
        matched = load.get("sourceColumnMatch") or ""
        return cls(
            delimiter=_delimiter(load, codec),
            quote=quote,
            skip_leading_rows=int(skip) if skip is not None else None,
            null_markers=_null_markers(load),
            allow_jagged_rows=bool(load.get("allowJaggedRows")),
            # The detection of a schema always reads quoted newlines.
            allow_quoted_newlines=bool(load.get("allowQuotedNewlines") or load.get("autodetect")),
            ignore_unknown_values=bool(load.get("ignoreUnknownValues")),
            preserve_control_characters=bool(load.get("preserveAsciiControlCharacters")),
            codec=codec,
            time_zone=_zone(load),
            formats=tuple(
                (kind, strptime_format(load[name], name)) for kind, name in _FORMATS.items() if load.get(name)
            ),
            match_by_name=matched == "NAME",
            character_map=load.get("columnNameCharacterMap") or "",
        )

    @property
    def skipped(self) -> int:
        """The number of rows before the first data row."""
        return self.skip_leading_rows or 0


_FORMATS = {
    "DATE": "dateFormat",
    "DATETIME": "datetimeFormat",
    "TIME": "timeFormat",
    "TIMESTAMP": "timestampFormat",
}


def _delimiter(load: dict[str, Any], codec: str) -> str:
    given = load.get("fieldDelimiter") or ","
    delimiter = _TABS.get(given, str(given))
    if len(delimiter) != 1 or (ord(delimiter) > 127 and codec != "latin-1"):
        # Google uses the first byte as the delimiter, which splits a character of several bytes.
        raise invalid_argument(
            f"Invalid value for fieldDelimiter: {given!r}; localgcp takes one character, in UTF-8 an ASCII one."
        )
    return delimiter


def _null_markers(load: dict[str, Any]) -> Sequence[str]:
    if load.get("nullMarkers") and load.get("nullMarker") is not None:
        raise invalid_argument("nullMarker and nullMarkers cannot both be set.")
    if load.get("nullMarkers"):
        return tuple(load["nullMarkers"])
    return (load.get("nullMarker") or "",)


def _zone(load: dict[str, Any]) -> str:
    name = str(load.get("timeZone") or "UTC")
    try:
        is_known = isinstance(zone_of(name), ZoneInfo) or name == "UTC"
    except ValueError as error:
        raise invalid_argument(f"Invalid value for timeZone: {name} is not a valid time zone.") from error
    if not is_known:
        raise invalid_argument(f"localgcp does not support the timeZone {name}; name a region such as Europe/Zurich.")
    return name
