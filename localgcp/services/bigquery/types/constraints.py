"""What a column asks of its values beyond their type: length, precision, REQUIRED, no NULL in an ARRAY.

Expressions of DuckDB that give the value back, or fail in BigQuery's words.
"""

from collections.abc import Sequence
from decimal import Decimal

from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, quote


def stored(field: Field, value: str) -> str:
    """Return the DuckDB expression for a value as its column keeps it."""
    if field.mode == "REPEATED":
        return _stored_array(field, value)
    if field.mode == "REQUIRED":
        # In a record; DuckDB itself sees to the columns of a table.
        value = f"coalesce({value}, {_failure(f'Required field {field.name} cannot be null')})"
    if field.type == "RECORD":
        return _stored_record(field, value) if is_demanding(field) else value
    if field.extra.get("maxLength"):
        return _limited(field, value)
    if field.extra.get("precision"):
        return _in_range(field, value)
    return value


def stored_query(fields: Sequence[Field], select: str) -> str:
    """Return a query with its columns as the columns of a table keep them."""
    if not any(is_demanding(field) for field in fields):
        return select
    values = ", ".join(f"{stored(_nullable(field), quote(field.name))} AS {quote(field.name)}" for field in fields)
    return f"SELECT {values} FROM ({select}) AS given"


def _nullable(field: Field) -> Field:
    return field.element if field.mode == "REQUIRED" else field


def is_demanding(field: Field) -> bool:
    """A column asks more of its values than their type."""
    if field.mode == "REPEATED" or field.extra.get("maxLength") or field.extra.get("precision"):
        return True
    return any(inner.mode == "REQUIRED" or is_demanding(inner) for inner in field.fields)


def _stored_array(field: Field, value: str) -> str:
    # A table keeps no NULL array, and no array a NULL.
    problem = _failure(f"Array cannot have a null element; error in writing field {field.name}")
    array = f"coalesce({value}, [])"
    if is_demanding(field.element):
        array = (
            f"list_transform({array}, lambda item_{_depth(field)}: {stored(field.element, f'item_{_depth(field)}')})"
        )
    checked = f"CASE WHEN list_count({value}) < len({value}) THEN {problem} ELSE {array} END"
    return f"CAST({checked} AS {field.duckdb_type})"


def _stored_record(field: Field, value: str) -> str:
    members = ", ".join(
        f"{quote(inner.name)} := {stored(inner, f'struct_extract({value}, {literal(inner.name)})')}"
        for inner in field.fields
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({members}) END"


def _limited(field: Field, value: str) -> str:
    most = int(field.extra["maxLength"])
    length = f"octet_length({value})" if field.type == "BYTES" else f"length({value})"
    prefix = f"{_subject(field)}{field.type}({most}) has maximum length {most} but got a value with length "
    failure = f"gs_error({literal(prefix)} || {length})"
    return f"CASE WHEN {length} > {most} THEN {failure} ELSE {value} END"


def _in_range(field: Field, value: str) -> str:
    precision, scale = int(field.extra["precision"]), int(field.extra.get("scale") or 0)
    most = (Decimal(10) ** precision - 1).scaleb(-scale)
    name = f"{field.type}({precision}, {scale})"
    problem = (
        f"{_subject(field)}{name} has precision {precision} and scale {scale} but got a value that is not in range "
        f"of [-{most}, {most}]"
    )
    rounded = f"CAST(round({value}, {scale}) AS {field.duckdb_type})"
    return f"CASE WHEN abs({rounded}) > {most} THEN {_failure(problem)} ELSE {rounded} END"


def _subject(field: Field) -> str:
    """Return what a message begins with: nothing in a CAST, which has no field."""
    return f"Field {field.name}: " if field.name else ""


def _failure(message: str) -> str:
    return f"gs_error({literal(message)})"


def _depth(field: Field) -> int:
    return 1 + max((_depth(inner) for inner in field.fields), default=0)
