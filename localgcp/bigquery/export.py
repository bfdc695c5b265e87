"""Rows into files of Cloud Storage: extract jobs and EXPORT DATA.

All files are written and closed in a folder of this service before the first of them gets its name in the bucket.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from localgcp.bigquery.engine import Cursor
from localgcp.bigquery.json_text import float_text, fraction_text, json_text, literal, numeric_text
from localgcp.bigquery.schema import Field, quote
from localgcp.bigquery.sources import split_uri
from localgcp.errors import invalid_argument
from localgcp.storage.store import StorageStore

_SHARD_BYTES = 128 << 20
_CONTENT_TYPES = {
    "PARQUET": "application/octet-stream",
    "CSV": "text/csv",
    "NEWLINE_DELIMITED_JSON": "application/json",
}
_COMPRESSIONS = {
    "PARQUET": {"": "snappy", "NONE": "uncompressed", "SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd"},
    "CSV": {"": "none", "NONE": "none", "GZIP": "gzip"},
    "NEWLINE_DELIMITED_JSON": {"": "none", "NONE": "none", "GZIP": "gzip"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions:
    """What the files are.

    Attributes:
        uri: `gs://bucket/object`, with one `*` where there may be several files.
        format: `PARQUET`, `CSV` or `NEWLINE_DELIMITED_JSON`.
        compression: empty is the format's default.
        overwrite: files of the same names may be there.
    """

    uri: str
    format: str = "CSV"
    compression: str = ""
    header: bool = True
    delimiter: str = ","
    overwrite: bool = True

    def check(self) -> None:
        """Refuse what cannot be exported.

        Raises:
            ApiError: 400.
        """
        split_uri(self.uri)
        if self.uri.count("*") > 1:
            raise invalid_argument(f"Invalid destination URI {self.uri}: at most one * may be in it.")
        if self.format not in _CONTENT_TYPES:
            raise invalid_argument(f"localgcp does not export {self.format}; it exports {', '.join(_CONTENT_TYPES)}.")
        if self.compression not in _COMPRESSIONS[self.format]:
            known = ", ".join(name for name in _COMPRESSIONS[self.format] if name)
            raise invalid_argument(
                f"Compression {self.compression} does not go with {self.format}; use one of {known}."
            )


class Exporter:
    """Writes rows to files."""

    def __init__(self, storage: StorageStore, folder: Path) -> None:
        """Remove what a killed server left half-written."""
        self._storage = storage
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    def check(self, options: ExportOptions) -> None:
        """Refuse an export that cannot succeed, before its query runs.

        Raises:
            ApiError: 400 for options or files in the way, 404 for the bucket.
        """
        options.check()
        bucket, pattern = split_uri(options.uri)
        head, _, tail = pattern.partition("*")
        present = [item.name for item in self._storage.list_objects(bucket, head) if item.name.endswith(tail)]
        if present and not options.overwrite and ("*" in pattern or pattern in present):
            raise invalid_argument(
                f"There are files at {options.uri} already, gs://{bucket}/{present[0]} for one. "
                "Set overwrite = true, or name another URI."
            )

    def run(self, select: str, fields: Sequence[Field], options: ExportOptions, cursor: Cursor) -> tuple[int, int]:
        """Write the rows of a query.

        Returns:
            The number of rows and of files.

        Raises:
            ApiError: 400 for a schema that the format cannot hold.
            duckdb.Error: the query fails; no file is published.
        """
        self.check(options)
        statement = f"SELECT {_columns(fields, options.format)} FROM ({select}) AS rows"
        folder = self._folder / uuid4().hex
        folder.mkdir()
        try:
            is_sharded = "*" in options.uri
            path = folder / ("shards" if is_sharded else "file")
            settings = _copy_settings(options) + (f", FILE_SIZE_BYTES {_SHARD_BYTES}" if is_sharded else "")
            row = cursor.execute(f"COPY ({statement}) TO {literal(str(path))} ({settings})").fetchone()
            files = sorted(path.iterdir(), key=_shard_number) if is_sharded else [path]
            self._publish(files, options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return int(row[0]), len(files)

    def _publish(self, files: Sequence[Path], options: ExportOptions) -> None:
        bucket, pattern = split_uri(options.uri)
        for index, path in enumerate(files):
            # BigQuery numbers the files with twelve digits.
            name = pattern.replace("*", f"{index:012d}")
            self._storage.put_file(bucket, name, path, content_type=_CONTENT_TYPES[options.format])


def _shard_number(path: Path) -> int:
    return int(path.stem.split(".")[0].rpartition("_")[2])


def _copy_settings(options: ExportOptions) -> str:
    compression = _COMPRESSIONS[options.format][options.compression]
    if options.format == "PARQUET":
        return f"FORMAT parquet, COMPRESSION {compression}"
    if options.format == "CSV":
        header = str(options.header).lower()
        return f"FORMAT csv, HEADER {header}, DELIMITER {literal(options.delimiter)}, COMPRESSION {compression}"
    # Each line is one text already, and must go out as it is.
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
    # array_to_string leaves NULLs out, as BigQuery does with the keys of NULL values.
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
        # Exported INT64 and NUMERIC values are text, so that no reader loses digits.
        text = f"CAST({value} AS VARCHAR)" if field.type == "INTEGER" else _csv_text(field)
        return f"'\"' || {text} || '\"'"
    return json_text(value, field)
