"""The rows of the views of INFORMATION_SCHEMA, in the columns and the order that Google documents.

https://cloud.google.com/bigquery/docs/information-schema-intro
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.names import DatasetName
from localgcp.bigquery.schema import Field
from localgcp.bigquery.sizes import Sizes
from localgcp.bigquery.table_entry import TableEntry

Row = Sequence[str | int | None]
_TEXT, _NUMBER, _TIME, _TRUTH = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"


@dataclass(frozen=True, slots=True)
class Source:
    """What the rows are made of: one dataset."""

    catalog: Catalog
    sizes: Sizes
    name: DatasetName

    @property
    def tables(self) -> list[TableEntry]:
        """The tables and views."""
        return self.catalog.tables(self.name)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(sep=" ")


def _yes(value: object) -> str:
    return "YES" if value else "NO"


def _of(entry: TableEntry) -> tuple[str, str, str]:
    return entry.name.project, entry.name.dataset, entry.name.table


def _tables(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        kind = "VIEW" if entry.view else "BASE TABLE"
        yield (
            *_of(entry), kind, None if entry.view else "NATIVE", _yes(not entry.view), "NO", "NO", "NO",
            _time(entry.created_ms), *[None] * 10, entry.settings.get("defaultCollation") or "NULL", None,
        )  # fmt: skip


def _columns(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        partitioning = entry.partitioning
        clustering = [name.lower() for name in (entry.settings.get("clustering") or {}).get("fields", ())]
        for position, field in enumerate(entry.fields, start=1):
            name = field.name.lower()
            yield (
                *_of(entry), field.name, position, _yes(field.mode != "REQUIRED"), field.standard_type, "NEVER", None,
                None, "NO", None, "NO", _yes(partitioning is not None and partitioning.column.lower() == name),
                clustering.index(name) + 1 if name in clustering else None, field.extra.get("collation") or "NULL",
                field.extra.get("defaultValueExpression") or "NULL", field.extra.get("roundingMode"),
            )  # fmt: skip


def _paths(field: Field, prefix: str = "") -> Iterator[tuple[str, Field]]:
    yield f"{prefix}{field.name}", field
    for inner in field.fields:
        yield from _paths(inner, f"{prefix}{field.name}.")


def _field_paths(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        for column in entry.fields:
            for path, field in _paths(column):
                collation, rounding = field.extra.get("collation") or "NULL", field.extra.get("roundingMode")
                description = field.extra.get("description")
                yield *_of(entry), column.name, path, field.standard_type, description, collation, rounding


def _schemata(source: Source) -> Iterator[Row]:
    dataset = source.catalog.dataset(source.name)
    times = [_time(int(dataset[key])) for key in ("creationTime", "lastModifiedTime")]
    collation = dataset.get("defaultCollation") or "NULL"
    yield source.name.project, source.name.dataset, None, *times, dataset["location"], None, collation


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _labels(labels: dict[str, str]) -> str:
    return f"[{', '.join(f'STRUCT({_text(key)}, {_text(value)})' for key, value in labels.items())}]"


def _options(settings: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the options that a resource has set, as they are written in OPTIONS."""
    for key, name in (("description", "description"), ("friendlyName", "friendly_name")):
        if settings.get(key):
            yield name, "STRING", _text(settings[key])
    if settings.get("labels"):
        yield "labels", "ARRAY<STRUCT<STRING, STRING>>", _labels(settings["labels"])
    if settings.get("expirationTime"):
        moment = datetime.fromtimestamp(int(settings["expirationTime"]) / 1000, UTC)
        yield "expiration_timestamp", "TIMESTAMP", f'TIMESTAMP "{moment.isoformat(timespec="milliseconds")[:-6]}Z"'
    if settings.get("requirePartitionFilter"):
        yield "require_partition_filter", "BOOL", "true"
    days = (
        ("partition_expiration_days", (settings.get("timePartitioning") or {}).get("expirationMs")),
        ("default_table_expiration_days", settings.get("defaultTableExpirationMs")),
        ("default_partition_expiration_days", settings.get("defaultPartitionExpirationMs")),
    )
    for name, milliseconds in days:
        if milliseconds:
            yield name, "FLOAT64", repr(int(milliseconds) / 86_400_000)


def _table_options(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        for option in _options(entry.settings):
            yield *_of(entry), *option


def _schemata_options(source: Source) -> Iterator[Row]:
    for option in _options(source.catalog.dataset(source.name)):
        yield source.name.project, source.name.dataset, *option


def _views(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        if entry.view is not None:
            yield *_of(entry), entry.view["query"], None, "YES"


def _partitions(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        if entry.view is not None:
            continue
        counts: dict[str | None, tuple[int, int]] = {
            None: (source.sizes.row_count(entry), source.sizes.table_bytes(entry))
        }
        if entry.partitioning is not None:
            found = source.sizes.partitions(entry)
            counts = {name: (rows, sum(columns.values())) for name, (rows, columns) in found.items()}
        for name, (rows, size) in counts.items():
            yield *_of(entry), name, rows, size, size, _time(entry.modified_ms), "ACTIVE"


def _storage(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        if entry.view is None:
            size = source.sizes.table_bytes(entry)
            partitions = len(source.sizes.partitions(entry)) if entry.partitioning is not None else 0
            rows = source.sizes.row_count(entry)
            yield (
                entry.name.project, 0, *_of(entry), _time(entry.created_ms), rows, partitions, size, size, 0, "false",
                _time(entry.modified_ms), "BASE TABLE",
            )  # fmt: skip


def _legacy_tables(source: Source) -> Iterator[Row]:
    for entry in source.tables:
        rows, size = (None, None) if entry.view else (source.sizes.row_count(entry), source.sizes.table_bytes(entry))
        yield *_of(entry), entry.created_ms, entry.modified_ms, rows, size, 2 if entry.view else 1


def _kinds(names: str, **others: str) -> tuple[tuple[str, str], ...]:
    """Return columns with their types; those that are not named otherwise are texts."""
    return tuple((name, others.get(name, _TEXT)) for name in names.split())


_TABLE = "table_catalog table_schema table_name"
VIEWS: dict[str, tuple[tuple[tuple[str, str], ...], Callable[[Source], Iterator[Row]]]] = {
    "TABLES": (
        _kinds(
            f"{_TABLE} table_type managed_table_type is_insertable_into is_fine_grained_mutations_enabled is_typed "
            "is_change_history_enabled creation_time base_table_catalog base_table_schema base_table_name "
            "snapshot_time_ms replica_source_catalog replica_source_schema replica_source_name replication_status "
            "replication_error ddl default_collation_name upsert_stream_apply_watermark",
            creation_time=_TIME,
            snapshot_time_ms=_TIME,
            upsert_stream_apply_watermark=_TIME,
        ),
        _tables,
    ),
    "COLUMNS": (
        _kinds(
            f"{_TABLE} column_name ordinal_position is_nullable data_type is_generated generation_expression is_stored "
            "is_hidden is_updatable is_system_defined is_partitioning_column clustering_ordinal_position "
            "collation_name column_default rounding_mode",
            ordinal_position=_NUMBER,
            clustering_ordinal_position=_NUMBER,
        ),
        _columns,
    ),
    "COLUMN_FIELD_PATHS": (
        _kinds(f"{_TABLE} column_name field_path data_type description collation_name rounding_mode"),
        _field_paths,
    ),
    "SCHEMATA": (
        _kinds(
            "catalog_name schema_name schema_owner creation_time last_modified_time location ddl "
            "default_collation_name",
            creation_time=_TIME,
            last_modified_time=_TIME,
        ),
        _schemata,
    ),
    "TABLE_OPTIONS": (_kinds(f"{_TABLE} option_name option_type option_value"), _table_options),
    "SCHEMATA_OPTIONS": (
        _kinds("catalog_name schema_name option_name option_type option_value"),
        _schemata_options,
    ),
    "VIEWS": (_kinds(f"{_TABLE} view_definition check_option use_standard_sql"), _views),
    "PARTITIONS": (
        _kinds(
            f"{_TABLE} partition_id total_rows total_logical_bytes total_billable_bytes last_modified_time "
            "storage_tier",
            total_rows=_NUMBER,
            total_logical_bytes=_NUMBER,
            total_billable_bytes=_NUMBER,
            last_modified_time=_TIME,
        ),
        _partitions,
    ),
    "TABLE_STORAGE": (
        _kinds(
            f"project_id project_number {_TABLE} creation_time total_rows total_partitions total_logical_bytes "
            "active_logical_bytes long_term_logical_bytes deleted storage_last_modified_time table_type",
            project_number=_NUMBER,
            creation_time=_TIME,
            total_rows=_NUMBER,
            total_partitions=_NUMBER,
            total_logical_bytes=_NUMBER,
            active_logical_bytes=_NUMBER,
            long_term_logical_bytes=_NUMBER,
            deleted=_TRUTH,
            storage_last_modified_time=_TIME,
        ),
        _storage,
    ),
    "__TABLES__": (
        _kinds(
            "project_id dataset_id table_id creation_time last_modified_time row_count size_bytes type",
            creation_time=_NUMBER,
            last_modified_time=_NUMBER,
            row_count=_NUMBER,
            size_bytes=_NUMBER,
            type=_NUMBER,
        ),
        _legacy_tables,
    ),
}
