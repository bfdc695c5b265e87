"""Load jobs: CSV, Parquet and JSON files into a table."""

from collections.abc import Sequence
from typing import Any

import duckdb

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.csv_source import CsvOptions, CsvSource, detect
from localgcp.bigquery.engine import Cursor, message_of
from localgcp.bigquery.json_text import literal
from localgcp.bigquery.names import TableName
from localgcp.bigquery.schema import Field, check_unique, from_duckdb, parse_fields, quote
from localgcp.bigquery.sink import Sink, Target
from localgcp.bigquery.sources import SourceFile
from localgcp.bigquery.table_entry import table_settings
from localgcp.errors import invalid_argument

_WIDER = {
    ("INTEGER", "FLOAT"),
    ("INTEGER", "NUMERIC"),
    ("DATETIME", "TIMESTAMP"),
    ("TIMESTAMP", "DATETIME"),
    ("STRING", "JSON"),
}
_FORMATS = ("CSV", "PARQUET", "NEWLINE_DELIMITED_JSON")


class Loader:
    """Runs load jobs."""

    def __init__(self, catalog: Catalog, sink: Sink) -> None:
        self._catalog = catalog
        self._sink = sink

    def target(self, load: dict[str, Any], project: str) -> Target:
        """Return where the rows go.

        Raises:
            ApiError: 400 for a destination that is missing or not valid.
        """
        return Target(
            name=TableName.from_json(load.get("destinationTable") or {}, project),
            create=load.get("createDisposition") or "CREATE_IF_NEEDED",
            write=load.get("writeDisposition") or "WRITE_APPEND",
            settings={**table_settings(load), **(load.get("destinationTableProperties") or {})},
            may_add_fields="ALLOW_FIELD_ADDITION" in (load.get("schemaUpdateOptions") or ()),
        )

    def run(self, load: dict[str, Any], project: str, files: Sequence[SourceFile], cursor: Cursor) -> dict[str, Any]:
        """Load the files and return the job's `statistics.load`.

        Raises:
            ApiError: 400 for a file that does not fit the schema; the table is as it was.
        """
        target = self.target(load, project)
        source_format = load.get("sourceFormat") or "CSV"
        if source_format not in _FORMATS:
            raise invalid_argument(f"localgcp does not load {source_format}; it loads {', '.join(_FORMATS)}.")
        fields = self._known_fields(load, target)
        if source_format == "CSV":
            rows, bad = self._load_csv(load, target, files, fields, cursor)
        else:
            rows, bad = self._load_typed(source_format, target, files, fields, cursor), 0
        return {
            "inputFiles": str(len(files)),
            "inputFileBytes": str(sum(file.size_bytes for file in files)),
            "outputRows": str(rows),
            "badRecords": str(bad),
        }

    def _known_fields(self, load: dict[str, Any], target: Target) -> tuple[Field, ...]:
        fields = parse_fields((load.get("schema") or {}).get("fields", ()))
        entry = self._catalog.find(target.name)
        if not fields and entry is not None and not load.get("autodetect"):
            return entry.fields
        return fields

    def _load_csv(
        self, load: dict[str, Any], target: Target, files: Sequence[SourceFile], fields: Sequence[Field], cursor: Cursor
    ) -> tuple[int, int]:
        options = CsvOptions.from_json(load)
        if not fields:
            if not load.get("autodetect"):
                raise invalid_argument("No schema specified on job or table.")
            fields, options = detect(files, options, cursor)
            check_unique([field.name for field in fields])
        source = CsvSource(files, fields, options)
        bad = 0
        try:
            if options.max_bad_records and (bad := source.count_bad(cursor)) > options.max_bad_records:
                raise source.explain(
                    duckdb.Error(f"{bad} bad rows, and maxBadRecords is {options.max_bad_records}"), cursor
                )
            return self._sink.write(target, fields, source.select(), cursor), bad
        except duckdb.Error as error:
            raise source.explain(error, cursor) from error

    def _load_typed(
        self, source_format: str, target: Target, files: Sequence[SourceFile], fields: Sequence[Field], cursor: Cursor
    ) -> int:
        read = _read_parquet(files) if source_format == "PARQUET" else _read_json(files, fields)
        try:
            relation = cursor.sql(f"SELECT * FROM {read}")
            found = [from_duckdb(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]
            fields = fields or found
            return self._sink.write(target, fields, _select(found, fields, read, files), cursor)
        except duckdb.Error as error:
            raise invalid_argument(
                f"Error while reading data, error message: {message_of(error)}; File: {files[0].uri}"
            ) from error


def _paths(files: Sequence[SourceFile]) -> str:
    return "[" + ", ".join(literal(str(file.path)) for file in files) + "]"


def _read_parquet(files: Sequence[SourceFile]) -> str:
    return f"read_parquet({_paths(files)})"


def _read_json(files: Sequence[SourceFile], fields: Sequence[Field]) -> str:
    columns = ", ".join(f"{literal(field.name)}: {literal(field.duckdb_type)}" for field in fields)
    schema = f", columns = {{{columns}}}" if fields else ", sample_size = -1"
    compression = ", compression = 'gzip'" if files[0].is_gzip else ""
    return f"read_json({_paths(files)}, format = 'newline_delimited'{compression}{schema})"


def _select(found: Sequence[Field], wanted: Sequence[Field], read: str, files: Sequence[SourceFile]) -> str:
    """Return the query that gives the columns of a file the types of the schema."""
    by_name = {field.name.lower(): field for field in found}
    if unknown := set(by_name) - {field.name.lower() for field in wanted}:
        raise invalid_argument(
            f"Error while reading data, error message: no such field: {sorted(unknown)[0]}. The schema has "
            f"{', '.join(field.name for field in wanted)}; File: {files[0].uri}"
        )
    columns = []
    for field in wanted:
        source = by_name.get(field.name.lower())
        if source is None:
            columns.append(f"CAST(NULL AS {field.duckdb_type}) AS {quote(field.name)}")
            continue
        is_same = source.mode == field.mode == "REPEATED" or "REPEATED" not in (source.mode, field.mode)
        if not is_same or (source.type != field.type and (source.type, field.type) not in _WIDER):
            raise invalid_argument(
                f"Error while reading data, error message: column {source.name} has type {source.standard_type}, "
                f"which does not match the schema's {field.standard_type}; File: {files[0].uri}"
            )
        columns.append(f"CAST({quote(source.name)} AS {field.duckdb_type}) AS {quote(field.name)}")
    return f"SELECT {', '.join(columns)} FROM {read}"
