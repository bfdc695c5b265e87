"""Rules for constructors with types: STRUCT<a INT64>(1), ARRAY<STRUCT<a INT64>>[(1)], INTERVAL literals."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import Rule, Rules
from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.types.intervals import interval_sql


def _cast(node: exp.Cast) -> exp.Expr:
    if node.args.get("format") is not None:
        raise unsupported("CAST with FORMAT")
    value, kind = node.this, node.to
    if kind.is_type("struct") and isinstance(value, exp.Struct | exp.Tuple):
        return _typed_struct(value, kind)
    if kind.is_type("array") and isinstance(value, exp.Array):
        element = kind.expressions[0]
        items = [_element(item, element) for item in value.expressions]
        value.set("expressions", items)
    if kind.is_type("interval") and isinstance(value, exp.Literal) and value.is_string:
        return exp.Var(this=interval_sql(value.name))
    return node


def _typed_struct(value: exp.Expr, kind: exp.DataType) -> exp.Expr:
    members, given = kind.expressions, value.expressions
    if len(members) != len(given):
        raise invalid_query(f"STRUCT type has {len(members)} fields but constructor call has {len(given)} fields")
    fields = []
    for position, (member, item) in enumerate(zip(members, given, strict=True), start=1):
        is_named = isinstance(member, exp.ColumnDef)
        # A CAST of a STRUCT with names parses to the same node; the result has the names of the type.
        unnamed = item.expression if isinstance(item, exp.PropertyEQ) else item.unalias()
        name = member.name if is_named else f"_field_{position}"
        inner = member.args["kind"] if is_named else member
        typed = exp.Cast(this=unnamed.copy(), to=inner.copy())
        fields.append(exp.PropertyEQ(this=exp.to_identifier(name), expression=typed))
    return exp.Struct(expressions=fields)


def _element(item: exp.Expr, kind: exp.DataType) -> exp.Expr:
    item = item.this if isinstance(item, exp.Paren) and kind.is_type("struct") else item
    is_row = isinstance(item, exp.Struct | exp.Tuple) and kind.is_type("struct")
    return exp.Cast(this=item.copy(), to=kind.copy()) if is_row else item


def _array(node: exp.Array) -> exp.Expr:
    items = node.expressions
    if not items or not isinstance(items[0], exp.Struct):
        return node
    # The fields of all rows have the names of the first row's.
    names = [_name(item) for item in items[0].expressions]
    if all(names):
        node.set("expressions", [_named(item, names) for item in items])
    return node


def _name(item: exp.Expr) -> str:
    if isinstance(item, exp.PropertyEQ):
        return str(item.this.name)
    return str(item.alias_or_name) if isinstance(item, exp.Alias | exp.Column | exp.Dot) else ""


def _named(item: exp.Expr, names: list[str]) -> exp.Expr:
    if not isinstance(item, exp.Tuple | exp.Struct) or len(item.expressions) != len(names):
        return item
    values = [
        value.expression if isinstance(value, exp.PropertyEQ) else value.this if isinstance(value, exp.Alias) else value
        for value in item.expressions
    ]
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name), expression=value.copy())
            for name, value in zip(names, values, strict=True)
        ]
    )


RULES: Rules = {exp.Cast: _cast, exp.TryCast: _cast, exp.Array: _array}
NAMED: dict[str, Rule] = {}
