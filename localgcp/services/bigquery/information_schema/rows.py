"""The rows of the views of INFORMATION_SCHEMA, in the columns and the order that Google documents.

https://cloud.google.com/bigquery/docs/information-schema-intro
"""

from collections.abc import Callable, Iterator

from localgcp.services.bigquery.information_schema.keys import (
    constraint_column_usage,
    key_column_usage,
    table_constraints,
)
from localgcp.services.bigquery.information_schema.parts import (
    NUMBER,
    TIME,
    TRUTH,
    Columns,
    DatasetSource,
    Row,
    kinds,
    time_text,
)
from localgcp.services.bigquery.information_schema.table_ddl import ddl_of, options_of
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.types.schema import Field


def _yes(value: object) -> str:
    return "YES" if value else "NO"


def _of(entry: TableEntry) -> tuple[str, str, str]:
    return entry.name.project, entry.name.dataset, entry.name.table


def _tables(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        kind = "VIEW" if entry.view else "BASE TABLE"
        yield (
            *_of(entry), kind, None if entry.view else "NATIVE", _yes(not entry.view), "NO", "NO", "NO",
            time_text(entry.created_ms), *[None] * 9, ddl_of(entry),
            entry.settings.get("defaultCollation") or "NULL", None,
        )  # fmt: skip


def _columns(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        partitioning = entry.partitioning
        clustering = [name.lower() for name in (entry.settings.get("clustering") or {}).get("fields", ())]
        for position, field in enumerate(entry.fields, start=1):
            name = field.name.lower()
            yield (
                *_of(entry), field.name, position, _yes(field.mode != "REQUIRED"), field.declared_type, "NEVER", None,
                None, "NO", None, "NO", _yes(partitioning is not None and partitioning.column.lower() == name),
                clustering.index(name) + 1 if name in clustering else None, field.extra.get("collation") or "NULL",
                field.extra.get("defaultValueExpression") or "NULL", field.extra.get("roundingMode"),
            )  # fmt: skip


def _paths(field: Field, prefix: str = "") -> Iterator[tuple[str, Field]]:
    yield f"{prefix}{field.name}", field
    for inner in field.fields:
        yield from _paths(inner, f"{prefix}{field.name}.")


def _field_paths(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        for column in entry.fields:
            for path, field in _paths(column):
                collation, rounding = field.extra.get("collation") or "NULL", field.extra.get("roundingMode")
                description = field.extra.get("description")
                yield *_of(entry), column.name, path, field.declared_type, description, collation, rounding


def _schemata(source: DatasetSource) -> Iterator[Row]:
    dataset = source.catalog.datasets.get(source.name)
    times = [time_text(int(dataset[key])) for key in ("creationTime", "lastModifiedTime")]
    collation = dataset.get("defaultCollation") or "NULL"
    yield source.name.project, source.name.dataset, None, *times, dataset["location"], None, collation


def _table_options(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        for option in options_of(entry.settings):
            yield *_of(entry), *option


def _schemata_options(source: DatasetSource) -> Iterator[Row]:
    for option in options_of(source.catalog.datasets.get(source.name)):
        yield source.name.project, source.name.dataset, *option


def _views(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        if entry.view is not None:
            yield *_of(entry), entry.view["query"], None, "YES"


def _partitions(source: DatasetSource) -> Iterator[Row]:
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
            yield *_of(entry), name, rows, size, size, time_text(entry.modified_ms), "ACTIVE"


def _storage(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        if entry.view is None:
            size = source.sizes.table_bytes(entry)
            partitions = len(source.sizes.partitions(entry)) if entry.partitioning is not None else 0
            rows = source.sizes.row_count(entry)
            yield (
                entry.name.project, 0, *_of(entry), time_text(entry.created_ms), rows, partitions, size, size, 0,
                "false", time_text(entry.modified_ms), "BASE TABLE",
            )  # fmt: skip


def _legacy_tables(source: DatasetSource) -> Iterator[Row]:
    for entry in source.tables:
        rows, size = (None, None) if entry.view else (source.sizes.row_count(entry), source.sizes.table_bytes(entry))
        yield *_of(entry), entry.created_ms, entry.modified_ms, rows, size, 2 if entry.view else 1


_TABLE = "table_catalog table_schema table_name"
_CONSTRAINT = "constraint_catalog constraint_schema constraint_name"
VIEWS: dict[str, tuple[Columns, Callable[[DatasetSource], Iterator[Row]]]] = {
    "TABLES": (
        kinds(
            f"{_TABLE} table_type managed_table_type is_insertable_into is_fine_grained_mutations_enabled is_typed "
            "is_change_history_enabled creation_time base_table_catalog base_table_schema base_table_name "
            "snapshot_time_ms replica_source_catalog replica_source_schema replica_source_name replication_status "
            "replication_error ddl default_collation_name upsert_stream_apply_watermark",
            creation_time=TIME,
            snapshot_time_ms=TIME,
            upsert_stream_apply_watermark=TIME,
        ),
        _tables,
    ),
    "COLUMNS": (
        kinds(
            f"{_TABLE} column_name ordinal_position is_nullable data_type is_generated generation_expression is_stored "
            "is_hidden is_updatable is_system_defined is_partitioning_column clustering_ordinal_position "
            "collation_name column_default rounding_mode",
            ordinal_position=NUMBER,
            clustering_ordinal_position=NUMBER,
        ),
        _columns,
    ),
    "COLUMN_FIELD_PATHS": (
        kinds(f"{_TABLE} column_name field_path data_type description collation_name rounding_mode"),
        _field_paths,
    ),
    "SCHEMATA": (
        kinds(
            "catalog_name schema_name schema_owner creation_time last_modified_time location ddl "
            "default_collation_name",
            creation_time=TIME,
            last_modified_time=TIME,
        ),
        _schemata,
    ),
    "TABLE_OPTIONS": (kinds(f"{_TABLE} option_name option_type option_value"), _table_options),
    "SCHEMATA_OPTIONS": (
        kinds("catalog_name schema_name option_name option_type option_value"),
        _schemata_options,
    ),
    "VIEWS": (kinds(f"{_TABLE} view_definition check_option use_standard_sql"), _views),
    "PARTITIONS": (
        kinds(
            f"{_TABLE} partition_id total_rows total_logical_bytes total_billable_bytes last_modified_time "
            "storage_tier",
            total_rows=NUMBER,
            total_logical_bytes=NUMBER,
            total_billable_bytes=NUMBER,
            last_modified_time=TIME,
        ),
        _partitions,
    ),
    "TABLE_STORAGE": (
        kinds(
            f"project_id project_number {_TABLE} creation_time total_rows total_partitions total_logical_bytes "
            "active_logical_bytes long_term_logical_bytes deleted storage_last_modified_time table_type",
            project_number=NUMBER,
            creation_time=TIME,
            total_rows=NUMBER,
            total_partitions=NUMBER,
            total_logical_bytes=NUMBER,
            active_logical_bytes=NUMBER,
            long_term_logical_bytes=NUMBER,
            deleted=TRUTH,
            storage_last_modified_time=TIME,
        ),
        _storage,
    ),
    "TABLE_CONSTRAINTS": (
        kinds(f"{_CONSTRAINT} {_TABLE} constraint_type is_deferrable initially_deferred enforced"),
        table_constraints,
    ),
    "KEY_COLUMN_USAGE": (
        kinds(
            f"{_CONSTRAINT} {_TABLE} column_name ordinal_position position_in_unique_constraint",
            ordinal_position=NUMBER,
            position_in_unique_constraint=NUMBER,
        ),
        key_column_usage,
    ),
    "CONSTRAINT_COLUMN_USAGE": (kinds(f"{_TABLE} column_name {_CONSTRAINT}"), constraint_column_usage),
    "__TABLES__": (
        kinds(
            "project_id dataset_id table_id creation_time last_modified_time row_count size_bytes type",
            creation_time=NUMBER,
            last_modified_time=NUMBER,
            row_count=NUMBER,
            size_bytes=NUMBER,
            type=NUMBER,
        ),
        _legacy_tables,
    ),
}
