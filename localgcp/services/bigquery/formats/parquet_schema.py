"""Converts the columns of Parquet files to columns of BigQuery.

https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet#parquet_conversions
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.matching import Found, decimal_type
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, from_duckdb, quote


@dataclass(frozen=True, slots=True)
class ParquetOptions:
    """`parquetOptions` and the other options for the types of columns."""

    infers_lists: bool
    enum_as_string: bool
    maps_as_arrays: bool
    decimal_targets: Sequence[str]

    @classmethod
    def from_json(cls, load: dict[str, Any]) -> "ParquetOptions":
        """Read a load configuration."""
        options = load.get("parquetOptions") or {}
        is_orc = load.get("sourceFormat") == "ORC"
        default = ("NUMERIC", "STRING") if is_orc else ("NUMERIC",)
        return cls(
            infers_lists=is_orc or bool(options.get("enableListInference")),
            enum_as_string=bool(options.get("enumAsString")),
            maps_as_arrays=options.get("mapTargetType") == "ARRAY_OF_STRUCT",
            decimal_targets=load.get("decimalTargetTypes") or default,
        )


def found_columns(relation: Any, physical: Any, options: ParquetOptions) -> list[Found]:
    """Return the columns of a file.

    Args:
        relation: the file as a DuckDB relation.
        physical: the schema of a Parquet file as pyarrow reads it; None for another format.

    Raises:
        ApiError: 400 for a type without a counterpart in BigQuery.
    """
    leaves: dict[str, Any] = {}
    for index in range(len(physical) if physical is not None else 0):
        leaves.setdefault(physical.column(index).path.split(".")[0], physical.column(index))
    return [
        _found(name, kind, leaves.get(name), options)
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]


def _found(name: str, kind: Any, leaf: Any, options: ParquetOptions) -> Found:
    value = quote(name)
    if kind.id == "list" and dict(kind.children)["child"].id == "list":
        raise invalid_argument(f"Error while reading data, error message: column {name} is a list of lists.")
    if kind.id == "map":
        return _map(name, kind, options)
    if kind.id == "decimal":
        sizes = dict(kind.children)
        return Found(
            Field(name=name, type=decimal_type(sizes["precision"], sizes["scale"], options.decimal_targets)), value
        )
    if leaf is not None and kind.id == "list" and not options.infers_lists:
        return _list(name, kind, leaf)
    if leaf is not None and leaf.physical_type == "INT96":
        # An INT96 is a TIMESTAMP, whether or not the file says that it is in UTC.
        return Found(Field(name=name, type="TIMESTAMP"), f"CAST({value} AS TIMESTAMPTZ)")
    if leaf is not None and leaf.logical_type.type == "ENUM" and not options.enum_as_string:
        return Found(Field(name=name, type="BYTES"), f"encode(CAST({value} AS VARCHAR))")
    return Found(from_duckdb(name, kind), value)


def _list(name: str, kind: Any, leaf: Any) -> Found:
    """Return the column of a LIST: a RECORD with a REPEATED RECORD `list` of one `element`."""
    path = leaf.path.split(".")
    repeated = from_duckdb(name, kind)
    if len(path) < 3:
        # A repeated column without the groups of a LIST.
        return Found(repeated, quote(name))
    group, element = path[1], path[2]
    inner = Field(name=element, type=repeated.type, fields=repeated.fields)
    entries = Field(name=group, type="RECORD", mode="REPEATED", fields=(inner,))
    wrapped = f"list_transform({quote(name)}, lambda item: {{{literal(element)}: item}})"
    return Found(
        Field(name=name, type="RECORD", fields=(entries,)),
        f"CASE WHEN {quote(name)} IS NOT NULL THEN {{{literal(group)}: {wrapped}}} END",
        wanted_value=quote(name),
        wanted_field=repeated,
    )


def _map(name: str, kind: Any, options: ParquetOptions) -> Found:
    parts = dict(kind.children)
    pair = tuple(from_duckdb(part, parts[part]) for part in ("key", "value"))
    entries = f"map_entries({quote(name)})"
    repeated = Field(name=name, type="RECORD", mode="REPEATED", fields=pair)
    if options.maps_as_arrays:
        return Found(repeated, entries)
    group = Field(name="key_value", type="RECORD", mode="REPEATED", fields=pair)
    return Found(
        Field(name=name, type="RECORD", fields=(group,)),
        f"CASE WHEN {quote(name)} IS NOT NULL THEN {{'key_value': {entries}}} END",
        wanted_value=entries,
        wanted_field=repeated,
    )
