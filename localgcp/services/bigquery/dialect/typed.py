"""Functions whose DuckDB form depends on the types of their arguments: TO_JSON_STRING, FARM_FINGERPRINT, CAST.

The planner returns the type of an argument: a probe selects the argument alone, from the same tables.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import duckdb
from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import FINISHED, render
from localgcp.services.bigquery.dialect.typed_forms import Forms, without_time_zone
from localgcp.services.bigquery.errors.query import invalid_query, statement_error
from localgcp.services.bigquery.planner import Planner
from localgcp.services.bigquery.types.casts import cast_text
from localgcp.services.bigquery.types.constraints import stored
from localgcp.services.bigquery.types.declarations import field_of
from localgcp.services.bigquery.types.json_text import column_of, json_object, json_text, literal
from localgcp.services.bigquery.types.schema import Field, from_duckdb

_TYPED = (exp.JSONFormat, exp.FarmFingerprint, exp.Cast)


class _Types:
    """The types of the expressions of one statement; equal probes are planned once."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._known: dict[str, Field | duckdb.Error] = {}

    def of(self, operand: exp.Expr) -> Field | duckdb.Error:
        """Return the type of an expression at its place in the statement, or DuckDB's error."""
        probe = render(_probe(operand))
        if probe not in self._known:
            self._known[probe] = self._asked(probe)
        return self._known[probe]

    def _asked(self, probe: str) -> Field | duckdb.Error:
        try:
            ((_, kind),) = self._planner.columns(probe)
        except duckdb.Error as error:
            return error
        return from_duckdb("probe", kind)


def rewrite_typed(statement: exp.Expr, planner: Planner) -> exp.Expr:
    """Rewrite functions and operators of a statement to DuckDB's forms for the types of their arguments.

    Raises:
        ApiError: 400 for an invalid argument.
    """
    # Inner queries first, and deeper nodes first, so that what a probe contains is already rewritten.
    types = _Types(planner)
    forms = Forms(statement, planner, types.of)
    found = [node for node in statement.walk() if _is_typed(node) or forms.may_change(node)]
    nodes = sorted(found, key=lambda node: (-_query_depth(node), -node.depth))
    for node in nodes:
        text = _text(node, statement, types, forms)
        if text is None:
            continue
        if node is statement:
            return exp.Var(this=text)
        node.replace(exp.Var(this=text))
    return statement


def _is_typed(node: exp.Expr) -> bool:
    return isinstance(node, _TYPED) and not (isinstance(node, exp.Cast) and node.meta.get(FINISHED))


def _text(node: exp.Expr, statement: exp.Expr, types: _Types, forms: Forms) -> str | None:
    if _is_typed(node):
        return _rendered(node, statement, types)
    try:
        form = forms.form_of(node)
    except duckdb.Error as error:
        raise statement_error(error, statement) from error
    if isinstance(form, exp.Cast) and not form.meta.get(FINISHED):
        # The new node takes the place of the old one, so that a probe finds the tables around it.
        form.parent = node.parent
        return _cast(form, types)
    return render(form) if form is not None else None


def _query_depth(node: exp.Expr) -> int:
    query = node.find_ancestor(exp.Select)
    return query.depth if query is not None else 0


def _rendered(node: exp.Expr, statement: exp.Expr, types: _Types) -> str:
    if isinstance(node, exp.Cast):
        return _cast(node, types)
    operand = node.expressions[0] if isinstance(node, exp.FarmFingerprint) else node.this
    field = types.of(operand)
    if isinstance(field, duckdb.Error):
        raise statement_error(field, statement)
    if isinstance(node, exp.FarmFingerprint):
        return _fingerprint(operand, field)
    options = node.args.get("options")
    if node.args.get("to_json"):
        schema = literal(json.dumps({**field.to_json(), "name": "value"}))
        wide = render(options.expression if isinstance(options, exp.Kwarg) else options) if options else "false"
        return f"gs_to_json({without_time_zone(render(operand), field)}, {schema}, {wide})"
    text = _json(operand, field)
    if options is None:
        return text
    is_pretty = render(options.expression if isinstance(options, exp.Kwarg) else options)
    return f"CASE WHEN {is_pretty} THEN gs_json_pretty({text}) ELSE {text} END"


def _fingerprint(operand: exp.Expr, field: Field) -> str:
    if field.mode == "REPEATED" or field.type not in ("STRING", "BYTES"):
        raise invalid_query(
            f"No matching signature for function FARM_FINGERPRINT for argument types: {field.standard_type}. "
            "Supported signatures: FARM_FINGERPRINT(STRING); FARM_FINGERPRINT(BYTES)"
        )
    suffix = "varchar" if field.type == "STRING" else "blob"
    return f"farm_fingerprint_{suffix}({render(operand)})"


def _json(operand: exp.Expr, field: Field) -> str:
    if isinstance(operand, exp.Struct):
        return _json_of_struct(operand, field)
    if field.type == "RECORD" and field.mode != "REPEATED" and _is_alias(operand):
        # The columns one by one are much faster than a STRUCT of the row.
        return json_object([(inner.name, column_of(operand.name, inner.name), inner) for inner in field.fields])
    return json_text(f"({render(operand)})", field)


def _json_of_struct(operand: exp.Struct, field: Field) -> str:
    members = []
    for item, inner in zip(operand.expressions, field.fields, strict=True):
        # BigQuery writes a field without a name with an empty key.
        name = item.name if isinstance(item, exp.PropertyEQ | exp.Alias | exp.Column | exp.Dot) else ""
        value = (
            item.expression if isinstance(item, exp.PropertyEQ) else item.this if isinstance(item, exp.Alias) else item
        )
        members.append((name, f"({render(value)})", inner))
    return json_object(members)


def _is_alias(operand: exp.Expr) -> bool:
    select = operand.find_ancestor(exp.Select)
    if select is None or not isinstance(operand, exp.Column) or operand.table:
        return False
    sources = [select.args.get("from_"), *select.args.get("joins", [])]
    return any(source is not None and source.this.alias_or_name.lower() == operand.name.lower() for source in sources)


def _cast(node: exp.Cast, types: _Types) -> str:
    field = types.of(node.this)
    is_safe = isinstance(node, exp.TryCast)
    text = None
    if isinstance(field, Field):
        text = cast_text(render(node.this), field, node.to, is_safe=is_safe)
    if text is None:
        text = f"{'TRY_CAST' if is_safe else 'CAST'}({render(node.this)} AS {_duckdb_type(node.to)})"
    return _checked(text, node.to, is_safe=is_safe)


def _duckdb_type(kind: exp.DataType) -> str:
    if kind.is_type("decimal", "bigdecimal", "array", "struct"):
        return field_of(kind).duckdb_type
    return render(exp.DataType(this=kind.this))


def _checked(text: str, kind: exp.DataType, *, is_safe: bool) -> str:
    if not kind.expressions or kind.is_type("array", "struct"):
        return text
    checked = stored(replace(field_of(kind), name=""), f"({text})")
    return f"TRY({checked})" if is_safe else checked


def _probe(operand: exp.Expr) -> exp.Select:
    """Return a query that selects an expression alone, from the tables around it."""
    probe = exp.Select(expressions=[exp.alias_(operand.copy(), "probe")])
    select = operand.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
    if isinstance(select, exp.Update) and select.this is None:
        # For WHEN MATCHED THEN UPDATE the tables are those of the MERGE.
        select = select.find_ancestor(exp.Merge)
    if isinstance(select, exp.Select):
        for part in ("from_", "joins", "laterals"):
            if select.args.get(part):
                probe.set(part, _copied(select.args[part]))
    elif select is not None:
        probe.set("from_", exp.From(this=select.this.copy()))
        probe.set("joins", [exp.Join(this=source.copy()) for source in _other_sources(select)])
    clauses = list(_visible_clauses(operand))
    if clauses:
        is_recursive = any(clause.parent is not None and clause.parent.args.get("recursive") for clause in clauses)
        probe.set("with_", exp.With(expressions=[clause.copy() for clause in clauses], recursive=is_recursive))
    return probe


def _copied(part: exp.Expr | list[exp.Expr]) -> exp.Expr | list[exp.Expr]:
    return [item.copy() for item in part] if isinstance(part, list) else part.copy()


def _other_sources(statement: exp.Expr) -> list[exp.Expr]:
    found = [statement.args.get("using")] if isinstance(statement, exp.Merge) else [statement.args.get("from_")]
    return [source.this if isinstance(source, exp.From) else source for source in found if source is not None]


def _visible_clauses(node: exp.Expr) -> Iterator[exp.Expr]:
    """Return the WITH clauses that a node can refer to, outer ones first."""
    found: list[exp.Expr] = []
    inside: exp.Expr | None = None
    current: exp.Expr | None = node
    while current is not None:
        if isinstance(current, exp.CTE):
            inside = current
        clause = current.args.get("with_")
        if clause is not None:
            earlier = clause.expressions
            if inside in earlier and not clause.args.get("recursive"):
                earlier = earlier[: earlier.index(inside)]
            found = [*earlier, *found]
            inside = None
        current = current.parent
    return iter(found)
