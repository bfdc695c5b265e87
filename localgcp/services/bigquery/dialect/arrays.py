"""Rules for arrays."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, integer, no_signature, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, native_cast


def _bracket(node: exp.Bracket) -> exp.Expr:
    """Rewrite `a[OFFSET(n)]` and its variants: an index past the end is an error, or NULL with SAFE_."""
    if len(node.expressions) != 1:
        return node
    place = node.expressions[0]
    if isinstance(place, exp.Literal) and place.is_string:
        # Only JSON has string subscripts.
        return call("gs_json_field", node.this, place)
    if node.args.get("offset") is None:
        return call("gs_at", node.this, place, exp.Var(this="0"))
    name = "gs_safe_at" if node.args.get("safe") else "gs_at"
    return call(name, node.this, place, exp.Var(this=str(node.args["offset"])))


def _generate(name: str, kind: str) -> Rule:
    """Return the rule for GENERATE_DATE_ARRAY or GENERATE_TIMESTAMP_ARRAY, with an interval of one part."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 2, 3)
        first, last, *interval = node.expressions
        step = interval[0] if interval else exp.Interval(this=exp.Literal.number(1), unit=exp.Var(this="DAY"))
        if not isinstance(step, exp.Interval) or step.args.get("unit") is None:
            raise no_signature(str(node.this), "its step is not an INTERVAL of one part")
        count = exp.Var(this=step.this.name) if isinstance(step.this, exp.Literal) else step.this
        part = step.args["unit"].name.upper()
        unit = exp.Interval(this=exp.Literal.number(1), unit=exp.Var(this=part))
        return call(name, native_cast(first, kind), native_cast(last, kind), integer(count), unit)

    return rule


RULES: Rules = {
    exp.Bracket: _bracket,
}
NAMED: dict[str, Rule] = {
    "ARRAY_FIRST": renamed("gs_array_first", least=1),
    "ARRAY_LAST": renamed("gs_array_last", least=1),
    "ARRAY_SLICE": renamed("gs_array_slice", least=3),
    "ARRAY_TO_STRING": renamed("gs_array_text", "NULL", least=2),
    "GENERATE_ARRAY": renamed("gs_generate_array", "1", least=2),
    "GENERATE_DATE_ARRAY": _generate("gs_generate_dates", "DATE"),
    "GENERATE_TIMESTAMP_ARRAY": _generate("gs_generate_times", "TIMESTAMPTZ"),
    "GENERATE_DATETIME_ARRAY": _generate("gs_generate_times", "TIMESTAMP"),
}
