"""Extract jobs and EXPORT DATA: write rows to files in Cloud Storage.

All files are complete in a folder of this service before the first one gets its name in the bucket.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.formats.avro_export import CODECS, EXTRACTED, AvroTypes, write_avro
from localgcp.services.bigquery.transfer.sources import split_uri
from localgcp.services.bigquery.types.json_text import float_text, fraction_text, json_text, literal, numeric_text
from localgcp.services.bigquery.types.schema import Field, quote
from localgcp.services.storage.store import StorageStore

_TABS = {"tab": "\t", "\\t": "\t"}
_SHARD_BYTES = 128 << 20
_CONTENT_TYPES = {
    "PARQUET": "application/octet-stream",
    "CSV": "text/csv",
    "NEWLINE_DELIMITED_JSON": "application/json",
    "AVRO": "application/octet-stream",
}
_COMPRESSIONS = {
    "PARQUET": {"": "snappy", "NONE": "uncompressed", "SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd"},
    "CSV": {"": "none", "NONE": "none", "GZIP": "gzip"},
    "NEWLINE_DELIMITED_JSON": {"": "none", "NONE": "none", "GZIP": "gzip"},
    "AVRO": CODECS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions:
    """The names and the format of the files.

    Attributes:
        uri: `gs://bucket/object`; a `*` in it allows several files, and becomes the number of each.
        format: `PARQUET`, `AVRO`, `CSV` or `NEWLINE_DELIMITED_JSON`.
        compression: the codec; empty means the format's default.
        header: whether a CSV file starts with the names of the columns.
        delimiter: between the cells of a CSV file.
        overwrite: whether existing files of the same names are replaced; otherwise they are an error.
        avro_types: the types that become logical types in Avro.
    """

    uri: str
    format: str = "CSV"
    compression: str = ""
    header: bool = True
    delimiter: str = ","
    overwrite: bool = True
    avro_types: AvroTypes = EXTRACTED

    def check(self) -> None:
        """Refuse options that localgcp does not have, or that do not fit each other.

        Raises:
            ApiError: 400 naming the option.
        """
        split_uri(self.uri)
        if self.uri.count("*") > 1:
            raise invalid_argument(f"Invalid destination URI {self.uri}: at most one * may be in it.")
        if self.format not in _CONTENT_TYPES:
            raise invalid_argument(f"localgcp does not export {self.format}; it exports {', '.join(_CONTENT_TYPES)}.")
        if self.compression not in _COMPRESSIONS[self.format]:
            known = ", ".join(name for name in _COMPRESSIONS[self.format] if name)
            raise invalid_argument(
                f"Compression {self.compression} is not available for {self.format}; use one of {known}."
            )


def extract_options(extract: dict[str, Any], uri: str) -> ExportOptions:
    """Return the options of an extract job for one of its URIs."""
    return ExportOptions(
        uri=uri,
        format=extract.get("destinationFormat") or "CSV",
        compression=(extract.get("compression") or "").upper(),
        header=extract.get("printHeader", True) is not False,
        delimiter=_TABS.get(extract.get("fieldDelimiter") or "", extract.get("fieldDelimiter") or ","),
        avro_types=AvroTypes(dates=bool(extract.get("useAvroLogicalTypes")), timestamps=True),
    )


class Exporter:
    """Writes rows to files."""

    def __init__(self, storage: StorageStore, folder: Path) -> None:
        """Remove the unfinished files of a killed server."""
        self._storage = storage
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    def check(self, options: ExportOptions) -> None:
        """Refuse an export that cannot succeed, before its query runs.

        Raises:
            ApiError: 400 for the options or an existing file, 404 for the bucket.
        """
        options.check()
        bucket, pattern = split_uri(options.uri)
        head, _, tail = pattern.partition("*")
        present = [item.name for item in self._storage.list_objects(bucket, head) if item.name.endswith(tail)]
        if present and not options.overwrite and ("*" in pattern or pattern in present):
            raise invalid_argument(
                f"Files exist at {options.uri}, for example gs://{bucket}/{present[0]}. "
                "Set overwrite = true, or name another URI."
            )

    def run(self, select: str, fields: Sequence[Field], options: ExportOptions, cursor: Cursor) -> tuple[int, int]:
        """Write the rows of a query.

        Returns:
            The number of rows and of files.

        Raises:
            ApiError: 400 for a schema that the format cannot hold.
            duckdb.Error: the query fails; then no file gets its name in the bucket.
        """
        self.check(options)
        folder = self._folder / uuid4().hex
        folder.mkdir()
        try:
            write = _write_avro if options.format == "AVRO" else _write
            rows, files = write(select, fields, options, folder, cursor)
            self._publish(files, options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return rows, len(files)

    def run_all(
        self, select: str, fields: Sequence[Field], destinations: Sequence[ExportOptions], cursor: Cursor
    ) -> list[int]:
        """Write an equal share of the rows of a query to each destination, and return the numbers of files.

        Raises:
            ApiError: 400 for the options, or a schema that the format cannot hold; then no file gets its name.
        """
        for options in destinations:
            self.check(options)
        if len(destinations) == 1:
            return [self.run(select, fields, destinations[0], cursor)[1]]
        names = ", ".join(quote(field.name) for field in fields)
        numbered = f'SELECT *, row_number() OVER () AS "row number" FROM ({select})'
        counts = []
        for index, options in enumerate(destinations):
            share = f'SELECT {names} FROM ({numbered}) WHERE "row number" % {len(destinations)} = {index}'
            counts.append(self.run(share, fields, options, cursor)[1])
        return counts

    def _publish(self, files: Sequence[Path], options: ExportOptions) -> None:
        bucket, pattern = split_uri(options.uri)
        for index, path in enumerate(files):
            # BigQuery numbers the files with twelve digits.
            name = pattern.replace("*", f"{index:012d}")
            self._storage.put_file(bucket, name, path, content_type=_CONTENT_TYPES[options.format])


def _write(
    select: str, fields: Sequence[Field], options: ExportOptions, folder: Path, cursor: Cursor
) -> tuple[int, list[Path]]:
    statement = f"SELECT {_columns(fields, options.format)} FROM ({select}) AS rows"
    is_sharded = "*" in options.uri
    path = folder / ("shards" if is_sharded else "file")
    settings = _copy_settings(options) + (f", FILE_SIZE_BYTES {_SHARD_BYTES}" if is_sharded else "")
    row = cursor.execute(f"COPY ({statement}) TO {literal(str(path))} ({settings})").fetchone()
    return int(row[0]), sorted(path.iterdir(), key=_shard_number) if is_sharded else [path]


def _write_avro(
    select: str, fields: Sequence[Field], options: ExportOptions, folder: Path, cursor: Cursor
) -> tuple[int, list[Path]]:
    return write_avro(
        select,
        fields,
        cursor,
        types=options.avro_types,
        codec=CODECS[options.compression],
        paths=(folder / str(number) for number in count()),
        shard_bytes=_SHARD_BYTES if "*" in options.uri else sys.maxsize,
    )


def _shard_number(path: Path) -> int:
    return int(path.stem.split(".")[0].rpartition("_")[2])


def _copy_settings(options: ExportOptions) -> str:
    compression = _COMPRESSIONS[options.format][options.compression]
    if options.format == "PARQUET":
        return f"FORMAT parquet, COMPRESSION {compression}"
    if options.format == "CSV":
        header = str(options.header).lower()
        return f"FORMAT csv, HEADER {header}, DELIMITER {literal(options.delimiter)}, COMPRESSION {compression}"
    # Each line is complete already, and must be written without quoting.
    return f"FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION {compression}"


def _columns(fields: Sequence[Field], file_format: str) -> str:
    if file_format == "PARQUET":
        return ", ".join(quote(field.name) for field in fields)
    if file_format == "CSV":
        return ", ".join(f"{_csv_text(field)} AS {quote(field.name)}" for field in fields)
    members = ", ".join(
        f"CASE WHEN {quote(field.name)} IS NOT NULL THEN {_json_key(field)} || {_json_value(field)} END"
        for field in fields
    )
    # array_to_string leaves out NULLs, as BigQuery leaves out the keys of NULL values.
    return f"concat('{{', array_to_string([{members}], ','), '}}') AS line"


def _json_key(field: Field) -> str:
    return literal(f'"{field.name}":')


def _csv_text(field: Field) -> str:
    value = quote(field.name)
    if field.fields or field.mode == "REPEATED":
        raise invalid_argument(f"Operation cannot be performed on a nested schema. Field: {field.name}")
    if field.type == "TIMESTAMP":
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S') || {fraction_text(value)} || ' UTC'"
    if field.type == "DATETIME":
        return f"strftime({value}, '%Y-%m-%dT%H:%M:%S') || {fraction_text(value)}"
    if field.type == "FLOAT":
        return f"CASE WHEN isfinite({value}) THEN {float_text(value)} ELSE CAST({value} AS VARCHAR) END"
    if field.type == "NUMERIC":
        return numeric_text(value)
    return f"base64({value})" if field.type == "BYTES" else value


def _json_value(field: Field) -> str:
    value = quote(field.name)
    if field.mode != "REPEATED" and field.type in ("INTEGER", "NUMERIC", "TIMESTAMP"):
        # BigQuery exports INT64 and NUMERIC as strings, so that no reader loses digits.
        text = f"CAST({value} AS VARCHAR)" if field.type == "INTEGER" else _csv_text(field)
        return f"'\"' || {text} || '\"'"
    return json_text(value, field)
