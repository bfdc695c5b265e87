"""Load jobs: write the rows of files of all formats into a table."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.formats.bad_records import BadRecords
from localgcp.services.bigquery.formats.csv_source import CsvSource
from localgcp.services.bigquery.formats.hive import HivePartitions
from localgcp.services.bigquery.formats.opening import SELF_DESCRIBING, Opening, Source
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import table_settings
from localgcp.services.bigquery.tables.names import decorated
from localgcp.services.bigquery.transfer.sink import Sink, Target
from localgcp.services.bigquery.types.schema import Field, check_names, parse_fields, quote

_REFUSED = ("projectionFields", "copyFilesOnly", "createSession", "connectionProperties", "schemaInline")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of a load job.

    Attributes:
        statistics: `statistics.load` of the job.
        errors: the errors of the bad records that were left out.
    """

    statistics: dict[str, Any]
    errors: list[dict[str, Any]]


class Loader:
    """Runs load jobs."""

    def __init__(self, catalog: Catalog, sink: Sink) -> None:
        self._catalog = catalog
        self._sink = sink

    def target(self, load: dict[str, Any], project: str) -> Target:
        """Return the target of a load job.

        Raises:
            ApiError: 400 for a missing or invalid destination.
        """
        settings = {**table_settings(load), **(load.get("destinationTableProperties") or {})}
        if load.get("destinationEncryptionConfiguration"):
            settings["encryptionConfiguration"] = load["destinationEncryptionConfiguration"]
        updates = load.get("schemaUpdateOptions") or ()
        name, partition = decorated(load.get("destinationTable") or {}, project)
        return Target(
            name=name,
            partition=partition,
            create=load.get("createDisposition") or "CREATE_IF_NEEDED",
            write=load.get("writeDisposition") or "WRITE_APPEND",
            settings=settings,
            may_add_fields="ALLOW_FIELD_ADDITION" in updates,
            may_relax_fields="ALLOW_FIELD_RELAXATION" in updates,
            checks_modes=bool(load.get("schema")),
        )

    def run(
        self,
        load: dict[str, Any],
        project: str,
        files: Sequence[SourceFile],
        cursor: Cursor,
        reference: SourceFile | None = None,
    ) -> Loaded:
        """Load files into the destination table.

        Args:
            load: `configuration.load` of the job.
            project: the project of the job.
            files: the files.
            cursor: runs the statements.
            reference: the file of `referenceFileSchemaUri`, or None.

        Raises:
            ApiError: 400 for a file that does not fit the schema; the table is unchanged then.
        """
        for option in _REFUSED:
            if load.get(option):
                raise invalid_argument(f"localgcp does not support {option} in a load job.")
        target = self.target(load, project)
        kind = "JSON" if load.get("sourceFormat") == "NEWLINE_DELIMITED_JSON" else "CSV"
        bad = BadRecords(kind, int(load.get("maxBadRecords") or 0))
        with tempfile.TemporaryDirectory() as folder:
            opening = Opening(
                load=load,
                fields=self._given_fields(load, target),
                known=self._known_fields(target),
                reference=reference,
                bad=bad,
                folder=Path(folder),
            )
            rows = self._load(opening, target, files, cursor)
        statistics = {
            "inputFiles": str(len(files)),
            "inputFileBytes": str(sum(file.size_bytes for file in files)),
            "outputRows": str(rows),
            "badRecords": str(len(bad)),
        }
        return Loaded(statistics, bad.shown())

    def _given_fields(self, load: dict[str, Any], target: Target) -> tuple[Field, ...]:
        fields = parse_fields((load.get("schema") or {}).get("fields", ()))
        if fields or load.get("autodetect") or load.get("sourceFormat") in SELF_DESCRIBING:
            return fields
        entry = self._catalog.find(target.name)
        return entry.fields if entry is not None else ()

    def _known_fields(self, target: Target) -> tuple[Field, ...]:
        entry = self._catalog.find(target.name)
        return entry.fields if entry is not None and target.write != "WRITE_TRUNCATE" else ()

    def _load(self, opening: Opening, target: Target, files: Sequence[SourceFile], cursor: Cursor) -> int:
        hive = opening.load.get("hivePartitioningOptions")
        if hive:
            return self._load_partitions(opening, target, HivePartitions.of(hive, files), cursor)
        source = opening.source(files)
        try:
            select = source.select(cursor)
            check_names(source.fields, opening.known)
            return self._write(target, source, select, cursor)
        except duckdb.Error as error:
            raise source.explain(error, cursor) from error

    def _write(self, target: Target, source: Source, select: str, cursor: Cursor) -> int:
        try:
            return self._sink.write(target, source.fields, select, cursor)
        except duckdb.Error as error:
            if isinstance(source, CsvSource) and source.retry(error):
                return self._sink.write(target, source.fields, source.select(cursor), cursor)
            raise

    def _load_partitions(self, opening: Opening, target: Target, keys: HivePartitions, cursor: Cursor) -> int:
        names = {field.name.lower() for field in keys.fields}
        data_fields = tuple(field for field in opening.fields if field.name.lower() not in names)
        sources: list[Source] = []
        selects = []
        for values, group in keys.groups.items():
            # All groups have the columns of the first one.
            fields = sources[0].fields if sources else data_fields
            source = replace(opening, fields=fields).source(group)
            columns = f"SELECT * FROM ({source.select(cursor)})"
            sources.append(source)
            selects.append(keys.with_keys(columns, values))
        fields = (*sources[0].fields, *keys.fields)
        listed = ", ".join(quote(field.name) for field in fields)
        union = " UNION ALL ".join(f"SELECT {listed} FROM ({select})" for select in selects)
        try:
            return self._sink.write(target, fields, union, cursor)
        except duckdb.Error as error:
            raise _explained(sources, error, cursor) from error


def _explained(sources: Sequence[Source], error: duckdb.Error, cursor: Cursor) -> ApiError:
    """Return the explanation of an error by one of several sources, if possible one that names records."""
    explanations = [source.explain(error, cursor) for source in sources]
    return next((found for found in explanations if getattr(found, "details", ())), explanations[0])
