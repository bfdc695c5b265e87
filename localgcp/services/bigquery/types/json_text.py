r"""TO_JSON_STRING as a DuckDB expression for one type, which runs as fast as DuckDB's own functions.

The format is that of BigQuery's JSON encodings
(https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_encodings), to the byte: no spaces,
columns in order; INT64 and NUMERIC outside [-2^53, 2^53] in quotes; FLOAT64 with 15 digits where those read back as
the same number, else with 17; NaN and infinities in quotes; in strings `"`, `\`, control characters, U+2028 and U+2029
escaped; BYTES in base64; times in RFC 3339.
"""

from collections.abc import Callable

from localgcp.services.bigquery.types.schema import Field, quote

_EXACT = 1 << 53
_SHORT_ESCAPES = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
_ESCAPES = {
    **{code: _SHORT_ESCAPES.get(code, f"\\u{code:04x}") for code in range(32)},
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_NEEDS_ESCAPE = r'["\\\x00-\x1f\x{2028}\x{2029}]'


def json_text(value: str, field: Field) -> str:
    """Return the expression for TO_JSON_STRING of a value.

    Args:
        value: a DuckDB expression.
        field: the type of the value; its name is not used.
    """
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {_not_null(value, field)} END"


def json_object(members: list[tuple[str, str, Field]]) -> str:
    """Return the expression for TO_JSON_STRING of a row or STRUCT that is not NULL.

    Args:
        members: the name, the DuckDB expression and the type of each field.
    """
    if not members:
        return "'{}'"
    parts = []
    for index, (name, value, field) in enumerate(members):
        opening = "{" if index == 0 else ","
        parts += [literal(opening + _escaped_name(name) + ":"), _member(value, field)]
    return f"concat({', '.join(parts)}, '}}')"


def _member(value: str, field: Field) -> str:
    if field.mode != "REPEATED" and field.type == "INTEGER":
        # The usual case first, so that most values need one comparison instead of two.
        return f"CASE WHEN {_is_exact(value)} THEN CAST({value} AS VARCHAR) ELSE {json_text(value, field)} END"
    return json_text(value, field)


def _not_null(value: str, field: Field) -> str:
    if field.mode == "REPEATED":
        element = field.element
        # Lambdas may nest, so each depth has a variable of its own.
        variable = f"item_{_depth(field)}"
        texts = f"list_transform({value}, lambda {variable}: {json_text(variable, element)})"
        return f"'[' || array_to_string({texts}, ',') || ']'"
    if field.type == "RECORD":
        return json_object(
            [(inner.name, f"struct_extract({value}, {literal(inner.name)})", inner) for inner in field.fields]
        )
    return _SCALARS[field.type](value)


def _depth(field: Field) -> int:
    return 1 + max((_depth(inner) for inner in field.fields), default=0)


def _is_exact(value: str) -> str:
    return f"{value} BETWEEN -{_EXACT} AND {_EXACT}"


def _integer(value: str) -> str:
    return (
        f"CASE WHEN {_is_exact(value)} THEN CAST({value} AS VARCHAR) ELSE '\"' || CAST({value} AS VARCHAR) || '\"' END"
    )


def float_text(value: str) -> str:
    """Return the expression for the text of a finite FLOAT64, also for CAST to STRING."""
    short = f"format('{{:.15g}}', CAST({value} AS DOUBLE))"
    long = f"format('{{:.17g}}', CAST({value} AS DOUBLE))"
    return f"CASE WHEN CAST({short} AS DOUBLE) = {value} THEN {short} ELSE {long} END"


def _float(value: str) -> str:
    special = f"CASE WHEN isnan({value}) THEN '\"NaN\"' WHEN {value} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END"
    return f"CASE WHEN isfinite({value}) THEN {float_text(value)} ELSE {special} END"


def numeric_text(value: str) -> str:
    """Return the expression for the text of a NUMERIC, which has no trailing zeros."""
    text = f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def _numeric(value: str) -> str:
    text = numeric_text(value)
    is_number = f"{_is_exact(value)} AND {value} = trunc({value})"
    return f"CASE WHEN {is_number} THEN {text} ELSE '\"' || {text} || '\"' END"


def _string(value: str) -> str:
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    for code, text in _ESCAPES.items():
        escaped = f"replace({escaped}, chr({code}), {literal(text)})"
    # Most strings need no escape, and one match is cheaper than 36 replacements.
    return (
        f"'\"' || CASE WHEN regexp_matches({value}, {literal(_NEEDS_ESCAPE)}) THEN {escaped} ELSE {value} END || '\"'"
    )


def fraction_text(value: str) -> str:
    """Return the expression for the fraction of a second: empty, or a point with three or six digits."""
    micros = f"(extract(microsecond FROM {value}) % 1000000)"
    return (
        f"CASE WHEN {micros} = 0 THEN '' "
        f"WHEN {micros} % 1000 = 0 THEN '.' || lpad(CAST({micros} // 1000 AS VARCHAR), 3, '0') "
        f"ELSE '.' || lpad(CAST({micros} AS VARCHAR), 6, '0') END"
    )


def _datetime(value: str) -> str:
    return f"strftime({value}, '%Y-%m-%dT%H:%M:%S') || {fraction_text(value)}"


def _quoted(text: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: f"'\"' || {text(value)} || '\"'"


def _time(value: str) -> str:
    return f"substr(CAST({value} AS VARCHAR), 1, 8) || {fraction_text(value)}"


_SCALARS: dict[str, Callable[[str], str]] = {
    "INTEGER": _integer,
    "FLOAT": _float,
    "NUMERIC": _numeric,
    "BIGNUMERIC": _numeric,
    "INTERVAL": _quoted(lambda value: f"gs_interval_iso({value})"),
    "BOOLEAN": lambda value: f"CAST({value} AS VARCHAR)",
    "STRING": _string,
    "BYTES": _quoted(lambda value: f"base64({value})"),
    "JSON": lambda value: f"CAST({value} AS VARCHAR)",
    "DATE": _quoted(lambda value: f"CAST({value} AS VARCHAR)"),
    "DATETIME": _quoted(_datetime),
    "TIME": _quoted(_time),
    "TIMESTAMP": _quoted(lambda value: f"{_datetime(value)} || 'Z'"),
}


def literal(text: str) -> str:
    """Return a DuckDB string literal."""
    return "'" + text.replace("'", "''") + "'"


def _escaped_name(name: str) -> str:
    text = "".join(_ESCAPES.get(ord(char), {'"': '\\"', "\\": "\\\\"}.get(char, char)) for char in name)
    return f'"{text}"'


def column_of(alias: str, name: str) -> str:
    """Return the DuckDB expression for a column of a table alias."""
    return f"{quote(alias)}.{quote(name)}"
