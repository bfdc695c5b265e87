"""Constraints of columns beyond the type: length, precision, REQUIRED, no NULL in an ARRAY.

Each is a DuckDB expression that returns the value, or fails with BigQuery's message.
"""

from collections.abc import Sequence
from decimal import Decimal

from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, quote


def stored(field: Field, value: str) -> str:
    """Return the DuckDB expression that checks a value and returns it as the column stores it.

    Args:
        field: the column, or a field of a RECORD.
        value: the DuckDB expression of the value.
    """
    if field.mode == "REPEATED":
        return _stored_array(field, value)
    if field.mode == "REQUIRED":
        # Only for fields of RECORDs: top-level columns are NOT NULL in DuckDB.
        value = f"coalesce({value}, {_failure(f'Required field {field.name} cannot be null')})"
    if field.type == "RECORD":
        return _stored_record(field, value) if has_constraints(field) else value
    if field.extra.get("maxLength"):
        return _limited(field, value)
    if field.extra.get("precision"):
        return _in_range(field, value)
    return value


def stored_query(fields: Sequence[Field], select: str) -> str:
    """Return a query whose columns are checked and returned as the columns of a table store them."""
    if not any(has_constraints(field) for field in fields):
        return select
    values = ", ".join(f"{stored(_nullable(field), quote(field.name))} AS {quote(field.name)}" for field in fields)
    return f"SELECT {values} FROM ({select}) AS given"


def _nullable(field: Field) -> Field:
    return field.element if field.mode == "REQUIRED" else field


def has_constraints(field: Field) -> bool:
    """Tell whether a column or one of its fields has a constraint besides its type."""
    if field.mode == "REPEATED" or field.extra.get("maxLength") or field.extra.get("precision"):
        return True
    return any(inner.mode == "REQUIRED" or has_constraints(inner) for inner in field.fields)


def _stored_array(field: Field, value: str) -> str:
    # BigQuery stores a NULL array as an empty one, and refuses a NULL in an array.
    problem = _failure(f"Array cannot have a null element; error in writing field {field.name}")
    array = f"coalesce({value}, [])"
    if has_constraints(field.element):
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
    """Return the start of a message: the field, or nothing in a CAST, which has no field name."""
    return f"Field {field.name}: " if field.name else ""


def _failure(message: str) -> str:
    return f"gs_error({literal(message)})"


def _depth(field: Field) -> int:
    return 1 + max((_depth(inner) for inner in field.fields), default=0)
