"""CAST between types for which GoogleSQL and DuckDB have different results."""

from sqlglot import exp

from localgcp.services.bigquery.types.json_text import float_text, fraction_text, numeric_text
from localgcp.services.bigquery.types.schema import Field

_WHOLE_NUMBER = r"'\s*[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)\s*'"


def cast_text(value: str, source: Field, target: exp.DataType, *, is_safe: bool = False) -> str | None:
    """Return the DuckDB expression for a CAST, or None if DuckDB's own CAST has the same result.

    Args:
        value: the DuckDB expression of the operand.
        source: the type of the operand.
        target: the type after AS.
        is_safe: SAFE_CAST, which returns NULL instead of an error.
    """
    if source.mode == "REPEATED":
        return None
    operand = f"({value})"
    if target.is_type("text"):
        return _to_string(operand, source, is_safe=is_safe)
    if target.is_type("bigint"):
        return _to_integer(operand, source, is_safe=is_safe)
    if source.type == "STRING" and target.is_type("boolean"):
        failure = "NULL" if is_safe else f"gs_error('Bad bool value: ' || {operand})"
        word = f"lower(trim({operand}))"
        known = f"CASE {word} WHEN 'true' THEN true WHEN 'false' THEN false"
        return f"{known} ELSE CASE WHEN {operand} IS NOT NULL THEN {failure} END END"
    if source.type == "STRING" and target.is_type("interval"):
        return f"TRY(gs_interval({operand}))" if is_safe else f"gs_interval({operand})"
    if source.type == "STRING" and target.is_type("blob", "varbinary"):
        return f"encode({operand})"
    return None


def _to_string(value: str, source: Field, *, is_safe: bool) -> str | None:
    if source.type == "FLOAT":
        special = f"CASE WHEN isnan({value}) THEN 'NaN' WHEN {value} > 0 THEN 'Infinity' ELSE '-Infinity' END"
        text = f"CASE WHEN isfinite({value}) THEN {float_text(value)} ELSE {special} END"
    elif source.type in ("NUMERIC", "BIGNUMERIC"):
        text = numeric_text(value)
    elif source.type == "INTERVAL":
        text = f"gs_interval_text({value})"
    elif source.type == "BYTES":
        return f"TRY(decode({value}))" if is_safe else f"gs_strict_text({value})"
    elif source.type in ("TIMESTAMP", "DATETIME"):
        zone = " || '+00'" if source.type == "TIMESTAMP" else ""
        return f"(strftime({value}, '%Y-%m-%d %H:%M:%S') || {fraction_text(value)}{zone})"
    else:
        return None
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE {text} END"


def _to_integer(value: str, source: Field, *, is_safe: bool) -> str | None:
    cast = "TRY_CAST" if is_safe else "CAST"
    if source.type in ("FLOAT", "NUMERIC", "BIGNUMERIC"):
        # GoogleSQL rounds halves away from zero, DuckDB's cast of a double to the even number.
        return f"{cast}(round({value}) AS BIGINT)"
    if source.type == "STRING":
        failure = "NULL" if is_safe else f"gs_error('Bad int64 value: ' || {value})"
        is_whole = f"{value} IS NULL OR regexp_full_match({value}, {_WHOLE_NUMBER})"
        # DuckDB accepts a sign before decimal digits only, not before hexadecimal ones.
        number = f"regexp_replace({value}, '^\\s*[+]', '')"
        hexadecimal = f"-CAST(regexp_replace({value}, '^\\s*-', '') AS BIGINT)"
        plain = f"{cast}(CASE WHEN {is_whole} THEN {number} ELSE {failure} END AS BIGINT)"
        return f"CASE WHEN regexp_matches({value}, '^\\s*-0[xX]') THEN {cast}({hexadecimal} AS BIGINT) ELSE {plain} END"
    return None
