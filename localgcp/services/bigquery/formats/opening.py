"""Opens the files of a load job by their format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.formats.avro_source import AvroSource
from localgcp.services.bigquery.formats.bad_records import BadRecords
from localgcp.services.bigquery.formats.csv_detect import detect, with_delimiter
from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.formats.csv_source import CsvSource
from localgcp.services.bigquery.formats.json_source import JsonSource
from localgcp.services.bigquery.formats.parquet_source import OrcSource, ParquetSource
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field

SELF_DESCRIBING = ("AVRO", "ORC", "PARQUET")


class Source(Protocol):
    """The rows of files.

    Attributes:
        fields: the columns, known at the latest after `select`.
    """

    fields: tuple[Field, ...]

    def select(self, cursor: Cursor) -> str:
        """Return the DuckDB query for the rows."""

    def explain(self, error: duckdb.Error, cursor: Cursor) -> ApiError:
        """Return the error of the job after its query failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The inputs of all sources of one job.

    Attributes:
        load: the load configuration.
        fields: the schema of the job, or the schema of the table where the format needs a schema.
        known: the columns of the destination table.
        reference: the file of `referenceFileSchemaUri`.
        bad: the bad records.
        folder: the folder for converted copies of files.
    """

    load: dict[str, Any]
    fields: Sequence[Field]
    known: Sequence[Field]
    reference: SourceFile | None
    bad: BadRecords
    folder: Path

    def source(self, files: Sequence[SourceFile]) -> Source:
        """Return the source for files.

        Raises:
            ApiError: 400 for a format or option that localgcp does not support, or a file of another format.
        """
        name = self.load.get("sourceFormat") or "CSV"
        if name not in _FORMATS:
            raise invalid_argument(f"localgcp does not load {name}; it loads {', '.join(_FORMATS)}.")
        return _FORMATS[name](self, files)


def _csv(opening: Opening, files: Sequence[SourceFile]) -> Source:
    options = CsvOptions.from_json(opening.load)
    fields = opening.fields
    if opening.load.get("autodetect") and not opening.load.get("fieldDelimiter"):
        options = with_delimiter(files, options)
    if not fields:
        if not opening.load.get("autodetect"):
            raise invalid_argument("No schema specified on job or table.")
        fields, options = detect(files, options)
    return CsvSource(files, fields, options, opening.bad, opening.folder)


def _json(opening: Opening, files: Sequence[SourceFile]) -> Source:
    if not opening.fields and not opening.load.get("autodetect"):
        raise invalid_argument("No schema specified on job or table.")
    return JsonSource(opening.load, files, opening.fields, opening.bad)


def _avro(opening: Opening, files: Sequence[SourceFile]) -> Source:
    return AvroSource(opening.load, files, opening.fields, opening.known, opening.reference)


def _parquet(opening: Opening, files: Sequence[SourceFile]) -> Source:
    return ParquetSource(opening.load, files, opening.fields, opening.known, opening.reference)


def _orc(opening: Opening, files: Sequence[SourceFile]) -> Source:
    return OrcSource(opening.load, files, opening.fields, opening.known, opening.reference)


_FORMATS: dict[str, Callable[[Opening, Sequence[SourceFile]], Source]] = {
    "CSV": _csv,
    "NEWLINE_DELIMITED_JSON": _json,
    "PARQUET": _parquet,
    "AVRO": _avro,
    "ORC": _orc,
}
