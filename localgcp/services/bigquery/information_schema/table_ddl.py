"""The CREATE statement of a table or view, and its options.

https://cloud.google.com/bigquery/docs/information-schema-tables: the column `ddl`.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.partitioning import Partitioning
from localgcp.services.bigquery.types.schema import Field

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
_WORDS = """
    all and any array as asc assert_rows_modified at between by case cast collate contains create cross cube current
    default define desc distinct else end enum escape except exclude exists extract false fetch following for from full
    group grouping groups hash having if ignore in inner intersect interval into is join lateral left like limit lookup
    merge natural new no not null nulls of on or order outer over partition preceding proto qualify range recursive
    respect right rollup rows select set some struct tablesample then to treat true unbounded union unnest using when
    where window with within
"""
_RESERVED = frozenset(_WORDS.split())


def ddl_of(entry: TableEntry) -> str:
    """Return the CREATE statement of a table or view."""
    return f"{_body(entry)};"


def _body(entry: TableEntry) -> str:
    name, settings = _name(entry.name), entry.settings
    options = _clause(options_of(settings))
    if "materializedView" in settings:
        return f"CREATE MATERIALIZED VIEW {name}{options}\nAS {settings['materializedView']['query']}"
    if entry.view is not None:
        return f"CREATE VIEW {name}{options}\nAS {entry.view['query']}"
    snapshot = settings.get("snapshotDefinition")
    if snapshot is not None:
        source = TableName.from_json(snapshot["baseTableReference"])
        return f"CREATE SNAPSHOT TABLE {name}\nCLONE {_name(source)}{options}"
    clustering = ", ".join(map(_quoted, (settings.get("clustering") or {}).get("fields", ())))
    partitioning = f"\nPARTITION BY {_partition(entry.partitioning)}" if entry.partitioning is not None else ""
    return (
        f"CREATE TABLE {name}{_columns(entry)}{partitioning}{f'{chr(10)}CLUSTER BY {clustering}' * bool(clustering)}"
        f"{options}"
    )


def _name(name: TableName) -> str:
    return f"`{name.project}.{name.dataset}.{name.table}`"


def _quoted(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and name.lower() not in _RESERVED else f"`{name}`"


def _columns(entry: TableEntry) -> str:
    items = [_column(item) for item in entry.fields]
    keys = entry.settings.get("tableConstraints") or {}
    if primary := keys.get("primaryKey"):
        items.append(f"PRIMARY KEY ({', '.join(map(_quoted, primary['columns']))}) NOT ENFORCED")
    items += [_foreign_key(raw) for raw in keys.get("foreignKeys") or ()]
    return "\n(\n  " + ",\n  ".join(items) + "\n)"


def _foreign_key(raw: dict[str, Any]) -> str:
    pairs = raw["columnReferences"]
    ours, theirs = (
        ", ".join(_quoted(pair[side]) for pair in pairs) for side in ("referencingColumn", "referencedColumn")
    )
    named = f"CONSTRAINT {_quoted(raw['name'])} " if raw.get("name") else ""
    target = _name(TableName.from_json(raw["referencedTable"]))
    return f"{named}FOREIGN KEY ({ours}) REFERENCES {target}({theirs}) NOT ENFORCED"


def _column(item: Field) -> str:
    options = [
        f"{name}={_text(item.extra[key])}"
        for key, name in (("description", "description"), ("roundingMode", "rounding_mode"))
        if item.extra.get(key)
    ]
    parts = [_quoted(item.name), _type(item)]
    parts += [f"COLLATE {_text(item.extra['collation'])}"] if item.extra.get("collation") else []
    parts += [f"DEFAULT {item.default}"] if item.default else []
    parts += ["NOT NULL"] if item.mode == "REQUIRED" else []
    parts += [f"OPTIONS({', '.join(options)})"] if options else []
    return " ".join(parts)


def _type(item: Field) -> str:
    name = f"STRUCT<{', '.join(map(_column, item.fields))}>" if item.fields else item.element.declared_type
    return f"ARRAY<{name}>" if item.mode == "REPEATED" else name


def _partition(found: Partitioning) -> str:
    column = _quoted(found.column)
    if not found.unit:
        return f"RANGE_BUCKET({column}, GENERATE_ARRAY({found.start}, {found.end}, {found.interval}))"
    if found.is_ingestion_time:
        return "_PARTITIONDATE" if found.unit == "DAY" else f"TIMESTAMP_TRUNC(_PARTITIONTIME, {found.unit})"
    if found.unit == "DAY":
        return column if found.kind == "DATE" else f"DATE({column})"
    return f"{found.kind}_TRUNC({column}, {found.unit})"


def _clause(options: Iterator[tuple[str, str, str]]) -> str:
    found = [f"{name}={text}" for name, _, text in options]
    return "\nOPTIONS(\n  " + ",\n  ".join(found) + "\n)" if found else ""


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _labels(labels: dict[str, str]) -> str:
    return f"[{', '.join(f'STRUCT({_text(key)}, {_text(value)})' for key, value in labels.items())}]"


def options_of(settings: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the type and the GoogleSQL text of each option that a table or dataset has."""
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
