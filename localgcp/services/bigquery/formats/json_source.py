"""Reads newline-delimited JSON, and converts each value by BigQuery's rules."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.formats.arrow_rows import ArrowRows, batches_of
from localgcp.services.bigquery.formats.bad_records import BadRecord, BadRecords, LoadError
from localgcp.services.bigquery.formats.detection import SAMPLE_ROWS
from localgcp.services.bigquery.formats.encodings import codec_of
from localgcp.services.bigquery.formats.json_cells import BadValue, row_decoder
from localgcp.services.bigquery.formats.json_columns import JsonColumns
from localgcp.services.bigquery.formats.json_detect import detect_fields
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field

# DuckDB reads a few large batches three times as fast as many small ones.
_BLOCK_BYTES = 8 << 20
# After this many consecutive blocks that cannot be read by column, read the rest by row.
_MOST_FAILURES = 3


class ExactFloat(float):
    """A float that keeps its digits as text, for NUMERIC columns."""

    digits: str

    def __new__(cls, digits: str) -> "ExactFloat":
        """Read a JSON number."""
        made = super().__new__(cls, digits)
        made.digits = digits
        return made

    def __str__(self) -> str:
        return self.digits


class JsonSource:
    """The records of JSON files."""

    def __init__(
        self, load: dict[str, Any], files: Sequence[SourceFile], fields: Sequence[Field], bad: BadRecords
    ) -> None:
        """Read or detect the schema.

        Raises:
            ApiError: 400 for an option that localgcp does not support, or a schema that cannot be detected.
        """
        if load.get("jsonExtension") == "GEOJSON":
            raise invalid_argument("localgcp does not support jsonExtension GEOJSON: it has no GEOGRAPHY columns.")
        self._files = files
        self._bad = bad
        self._codec = codec_of(load)
        self._ignores_unknown = bool(load.get("ignoreUnknownValues"))
        self.fields = tuple(fields) or self._detected(load)
        is_exact = any(_has_numeric(field) for field in self.fields)
        self._decoder = json.JSONDecoder(parse_float=ExactFloat if is_exact else None)
        self._decode = row_decoder(self.fields, ignore_unknown=self._ignores_unknown)
        self._rows: ArrowRows | None = None
        self._count = 0

    def _detected(self, load: dict[str, Any]) -> tuple[Field, ...]:
        records = []
        for _, line in islice(self._lines(self._files[0]), SAMPLE_ROWS):
            try:
                records.append(json.loads(line))
            except ValueError:
                # Loading the rows reports this error.
                continue
        return detect_fields(records, load.get("columnNameCharacterMap") or "")

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows."""
        self._rows = ArrowRows(self.fields, self._batches())
        return self._rows.select(cursor)

    def explain(self, error: duckdb.Error, _cursor: Cursor) -> ApiError:
        """Return the error of the job after its query failed."""
        failure = self._rows.failure if self._rows is not None else None
        return failure if isinstance(failure, ApiError) else LoadError(f"{message_of(error)};", self._files[0])

    def _lines(self, file: SourceFile) -> Iterator[tuple[int, str]]:
        """Yield the lines that are not empty, each with the position of its first byte."""
        if self._codec == "utf-8":
            for position, block in _blocks(file):
                yield from _block_lines(position, block)
            return
        with file.opened() as raw:
            position = 0
            for line in io.TextIOWrapper(raw, self._codec, errors="replace", newline="\n"):
                if not line.isspace():
                    yield position, line
                position += len(line.encode(self._codec))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        self._count = 0
        if self._codec == "utf-8" and JsonColumns.can_read(self.fields):
            for file in self._files:
                yield from self._fast_batches(file)
        else:
            for file in self._files:
                yield from batches_of(self.fields, self._decoded(file, self._lines(file)))

    def _fast_batches(self, file: SourceFile) -> Iterator[pa.RecordBatch]:
        columns: JsonColumns | None = None
        failures = 0
        for position, block in _blocks(file):
            columns = columns or JsonColumns(self.fields, block.partition(b"\n")[0])
            batch = columns.read(block) if failures < _MOST_FAILURES else None
            if batch is not None:
                failures = 0
                self._count += batch.num_rows
                yield batch
                continue
            failures += 1
            yield from batches_of(self.fields, self._decoded(file, _block_lines(position, block)))

    def _decoded(self, file: SourceFile, lines: Iterable[tuple[int, str]]) -> Iterator[list[Any]]:
        parse = self._decoder.decode
        for position, line in lines:
            self._count += 1
            try:
                yield self._decode(parse(line))
            except (ValueError, BadValue) as error:
                reason = error.text if isinstance(error, BadValue) else _syntax(error)
                message = f"JSON parsing error in row starting at position {position}: {reason}"
                self._bad.add(BadRecord(file, message), self._count)


def _blocks(file: SourceFile) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of complete lines, each with the position of its first byte."""
    position = 0
    with file.opened() as raw:
        while block := raw.read(_BLOCK_BYTES):
            block += raw.readline()
            yield position, block
            position += len(block)


def _block_lines(position: int, block: bytes) -> Iterator[tuple[int, str]]:
    for line in block.split(b"\n"):
        if line and not line.isspace():
            yield position, line.decode("utf-8", errors="replace")
        position += len(line) + 1


def _syntax(error: ValueError) -> str:
    what = str(error)
    if "Expecting" in what or "Unterminated" in what:
        return f"Parser terminated before end of string ({what})"
    return what


def _has_numeric(field: Field) -> bool:
    return field.type in ("NUMERIC", "BIGNUMERIC") or any(_has_numeric(inner) for inner in field.fields)
