"""Which values BigQuery stores in a column or variable of another type.

https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#coercion
"""

from sqlglot import exp

from localgcp.services.bigquery.types.schema import Field, quote

_WIDER = {
    "INTEGER": ("NUMERIC", "BIGNUMERIC", "FLOAT"),
    "NUMERIC": ("BIGNUMERIC", "FLOAT"),
    "BIGNUMERIC": ("FLOAT",),
    "DATE": ("DATETIME", "TIMESTAMP"),
}
# The types that a string literal in a statement is coerced to.
_TEXTS = ("DATE", "DATETIME", "TIMESTAMP", "TIME")


def coercible(source: Field, target: Field, expression: exp.Expr | None = None) -> bool:
    """Tell whether a value of one type may be stored in a column or variable of another.

    Args:
        source: the type of the value.
        target: the declared type.
        expression: the value as the statement writes it. Literals and NULL are coerced to more types than columns.
    """
    if isinstance(expression, exp.Null) or source.duckdb_type == target.duckdb_type:
        return True
    if isinstance(expression, exp.Array) and not expression.expressions:
        return target.mode == "REPEATED"
    if (source.mode == "REPEATED") != (target.mode == "REPEATED"):
        return False
    if "RECORD" in (source.type, target.type):
        return _records(source, target)
    if source.mode == "REPEATED":
        return source.type == target.type
    if source.type == target.type:
        return True
    if _is_text(expression):
        return target.type in _TEXTS
    if isinstance(expression, exp.Literal) and source.type == "FLOAT":
        return target.type in ("NUMERIC", "BIGNUMERIC")
    return target.type in _WIDER.get(source.type, ())


def recast(value: str, source: Field, target: Field) -> str:
    """Return the DuckDB expression that coerces a value; the fields of RECORDs are matched by position."""
    if "RECORD" not in (source.type, target.type) or source.type != target.type or source.mode != target.mode:
        return f"CAST({value} AS {target.duckdb_type})"
    if source.mode == "REPEATED":
        return f"list_transform({value}, lambda part: {recast('part', source.element, target.element)})"
    members = (
        f"{quote(wanted.name)} := {recast(f'{value}.{quote(given.name)}', given, wanted)}"
        for given, wanted in zip(source.fields, target.fields, strict=True)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(members)}) END"


def _is_text(expression: exp.Expr | None) -> bool:
    if expression is None:
        return False
    parameter = expression.meta.get("parameter")
    return (isinstance(expression, exp.Literal) and expression.is_string) or (
        isinstance(parameter, Field) and parameter.type == "STRING" and parameter.mode != "REPEATED"
    )


def _records(source: Field, target: Field) -> bool:
    """Tell whether the fields of two RECORDs are coercible one by one, whatever their names."""
    if source.type != target.type or len(source.fields) != len(target.fields):
        return False
    return all(coercible(given, wanted) for given, wanted in zip(source.fields, target.fields, strict=True))
