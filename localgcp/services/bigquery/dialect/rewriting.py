"""Applies the rules of all families to a statement."""

from sqlglot import exp

from localgcp.services.bigquery.dialect import (
    aggregates,
    arrays,
    conditions,
    intervals,
    json_functions,
    net,
    numbers,
    regexps,
    texts,
    time_texts,
    times,
    types,
)
from localgcp.services.bigquery.dialect.clock import put_current_time
from localgcp.services.bigquery.dialect.nodes import FINISHED, Rule, Rules, call
from localgcp.services.bigquery.dialect.tables import rewrite_sources
from localgcp.services.bigquery.errors.query import unsupported

_FAMILIES = (
    aggregates,
    arrays,
    conditions,
    intervals,
    json_functions,
    net,
    numbers,
    regexps,
    texts,
    time_texts,
    times,
    types,
)


def rewrite(statement: exp.Expr) -> exp.Expr:
    """Rewrite a GoogleSQL statement to one that means the same in DuckDB.

    Raises:
        ApiError: 400 naming a function or clause that cannot be translated.
    """
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise unsupported(f"the table function {table.this.sql('bigquery').split('(')[0]}")
        if table.args.get("version") is not None:
            raise unsupported("FOR SYSTEM_TIME AS OF")
    rewrite_sources(statement)
    put_current_time(statement)
    statement = _rewritten(statement)
    for select in statement.find_all(exp.Select):
        _name_columns(select)
    return statement


def _apply(node: exp.Expr) -> exp.Expr:
    rule = _RULES.get(type(node)) if not node.meta.get(FINISHED) else None
    return rule(node) if rule is not None else node


def _rewritten(root: exp.Expr) -> exp.Expr:
    """Apply the rules to all nodes, outer ones first, also to the nodes that rules return."""
    root = _apply(root)
    pending = [root]
    while pending:
        for child in list(pending.pop().iter_expressions()):
            parent, key, index = child.parent, child.arg_key, child.index
            changed = _apply(child)
            if changed is not child and parent is not None and key is not None:
                parent.set(key, changed, index)
            pending.append(changed)
    return root


def _safe(node: exp.SafeFunc) -> exp.Expr:
    return call("TRY", node.this)


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    rule = NAMED.get(str(node.this).upper())
    return rule(node) if rule is not None else node


_RULES: Rules = {
    exp.SafeFunc: _safe,
    exp.Anonymous: _anonymous,
    **{kind: rule for family in _FAMILIES for kind, rule in family.RULES.items()},
}
NAMED: dict[str, Rule] = {name: rule for family in _FAMILIES for name, rule in family.NAMED.items()}


def _name_columns(select: exp.Select) -> None:
    """Name the columns of a query as BigQuery does: by alias or column, and f0_, f1_, ... without one."""
    if select.args.get("kind") or select.meta.get(FINISHED):
        return
    unnamed = 0
    named = []
    for item in select.expressions:
        if isinstance(item, exp.Alias) or item.is_star:
            named.append(item)
            continue
        name = item.name if isinstance(item, exp.Column | exp.Dot) else ""
        if not name:
            name, unnamed = f"f{unnamed}_", unnamed + 1
        named.append(exp.alias_(item, name, quoted=True))
    select.set("expressions", named)
