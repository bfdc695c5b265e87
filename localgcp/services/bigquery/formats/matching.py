"""Converts the columns of a file with a schema to the columns of a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from localgcp.services.bigquery.formats.bad_records import LoadError
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field, quote

_DECIMALS = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}
_WIDER = {
    ("INTEGER", "FLOAT"),
    ("INTEGER", "NUMERIC"),
    ("INTEGER", "BIGNUMERIC"),
    ("NUMERIC", "BIGNUMERIC"),
    ("NUMERIC", "STRING"),
    ("BIGNUMERIC", "NUMERIC"),
    ("DATETIME", "TIMESTAMP"),
    ("TIMESTAMP", "DATETIME"),
    ("STRING", "JSON"),
    ("STRING", "BYTES"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A column of a file.

    Attributes:
        field: the column without a schema of the job.
        value: the DuckDB expression for `field`.
        wanted_value: the expression for `wanted_field`.
        wanted_field: the REPEATED column for a list that `field` wraps in RECORDs; None for other columns.
    """

    field: Field
    value: str
    wanted_value: str = ""
    wanted_field: Field | None = None


def is_convertible(source: Field, target: Field) -> bool:
    """Return whether values of one field can be stored in the other."""
    if (source.mode == "REPEATED") != (target.mode == "REPEATED"):
        return False
    if source.type == "RECORD" and target.type == "RECORD":
        known = {field.name.lower(): field for field in target.fields}
        return all(
            field.name.lower() in known and is_convertible(field, known[field.name.lower()]) for field in source.fields
        )
    return source.type == target.type or (source.type, target.type) in _WIDER


def adopted(found: Sequence[Found], known: Sequence[Field]) -> tuple[Field, ...]:
    """Return the schema of a file, with the columns of the table where they can store the values of the file."""
    by_name = {field.name.lower(): field for field in known}
    fields = []
    for item in found:
        target = by_name.get(item.field.name.lower())
        sources = [field for field in (item.wanted_field, item.field) if field is not None]
        if target is not None and any(is_convertible(source, target) for source in sources):
            fields.append(replace(target, name=item.field.name))
        else:
            fields.append(item.field)
    return tuple(fields)


def select_columns(
    found: Sequence[Found], wanted: Sequence[Field], relation: str, file: SourceFile, *, ignore_unknown: bool
) -> str:
    """Return the query that casts the columns of a file to a schema.

    Raises:
        ApiError: 400 for a column that is not in the schema, or that has an incompatible type.
    """
    by_name = {item.field.name.lower(): item for item in found}
    unknown = set(by_name) - {field.name.lower() for field in wanted}
    if unknown and not ignore_unknown:
        raise LoadError(
            f"no such field: {sorted(unknown)[0]}. The schema has {', '.join(field.name for field in wanted)};", file
        )
    columns = [_column(by_name.get(field.name.lower()), field, file) for field in wanted]
    return f"SELECT {', '.join(columns)} FROM {relation}"


def _column(item: Found | None, field: Field, file: SourceFile) -> str:
    if item is None:
        empty = "[]" if field.mode == "REPEATED" else "NULL"
        return f"CAST({empty} AS {field.duckdb_type}) AS {quote(field.name)}"
    value = item.value
    if item.wanted_field is not None and field.mode == "REPEATED":
        item, value = Found(item.wanted_field, item.wanted_value), item.wanted_value
    if not is_convertible(item.field, field):
        raise LoadError(
            f"column {item.field.name} has type {item.field.standard_type}, which does not match the schema's "
            f"{field.standard_type};",
            file,
        )
    if field.mode == "REPEATED":
        # BigQuery has no NULL arrays.
        value = f"COALESCE({value}, [])"
    if item.field.type == "STRING" and field.type == "BYTES" and field.mode != "REPEATED":
        value = f"encode({value})"
    return f"CAST({value} AS {field.duckdb_type}) AS {quote(field.name)}"


def decimal_type(precision: int, scale: int, targets: Sequence[str]) -> str:
    """Return the type of a decimal column: the first of `decimalTargetTypes` that is wide enough, or the widest.

    Raises:
        ApiError: 400 for a type that localgcp does not support.
    """
    for kind, (whole, fraction) in _DECIMALS.items():
        if kind in targets and scale <= fraction and precision - scale <= whole:
            return _checked(kind)
    return _checked(next(kind for kind in ("STRING", "BIGNUMERIC", "NUMERIC") if kind in targets))


def _checked(kind: str) -> str:
    """Refuse a column type that localgcp does not support."""
    return Field.from_json({"name": "decimal", "type": kind}).type
