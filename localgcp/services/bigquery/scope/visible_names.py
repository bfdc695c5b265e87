"""Tells columns from variables: a column of the tables around a name wins over a script variable or an argument."""

from collections.abc import Iterator

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.scope.scope import Scope

_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Merge)
_ALIAS_CLAUSES = (exp.Order, exp.Group, exp.Having, exp.Qualify)


def is_column(node: exp.Column, name: str, scope: Scope) -> bool:
    """Tell whether a name means a column, a table or an alias of the queries around it.

    Args:
        node: the place of the name in the statement.
        name: the name, or its first part.
        scope: where the tables are looked up.
    """
    clause: exp.Expr | None = None
    current: exp.Expr | None = node.parent
    while current is not None:
        if isinstance(current, _ALIAS_CLAUSES):
            clause = current
        if isinstance(current, _QUERIES):
            if name.lower() in _offered(current, scope):
                return True
            selected = current.selects if clause is not None and isinstance(current, exp.Select) else ()
            if name.lower() in {item.alias.lower() for item in selected if item.alias}:
                return True
            clause = None
        current = current.parent
    return False


def _offered(query: exp.Expr, scope: Scope) -> set[str]:
    names: set[str] = set()
    for source in _sources(query):
        names |= _names_of(source, scope)
    return names


def _sources(query: exp.Expr) -> Iterator[exp.Expr]:
    if not isinstance(query, exp.Select):
        yield query.this
    for part in (query.args.get("from_"), query.args.get("using")):
        if isinstance(part, exp.Expr):
            yield part.this if isinstance(part, exp.From) else part
    for part in (*(query.args.get("joins") or ()), *(query.args.get("laterals") or ())):
        yield part.this


def _names_of(source: exp.Expr, scope: Scope) -> set[str]:
    names = {source.alias_or_name.lower()}
    if isinstance(source, exp.Unnest):
        alias, offset = source.args.get("alias"), source.args.get("offset")
        names |= {item.name.lower() for item in (alias.columns if alias is not None else ())}
        names |= {offset.name.lower()} if isinstance(offset, exp.Expr) else set()
    elif isinstance(source, exp.Subquery):
        names |= _columns_of(source.unnest(), scope)
    elif isinstance(source, exp.Table):
        names |= _table_columns(source, scope)
        for join in source.args.get("joins") or ():
            names |= _names_of(join.this, scope)
    return names


def _table_columns(table: exp.Table, scope: Scope) -> set[str]:
    node: exp.Expr | None = table
    while node is not None and not table.db:
        clause = node.args.get("with_")
        for item in clause.expressions if clause is not None else ():
            if item.alias.lower() == table.name.lower():
                return _columns_of(item.this, scope)
        node = node.parent
    try:
        entry = scope.catalog.find(scope.name_of(table))
    except ApiError:
        return set()
    return {field.name.lower() for field in entry.fields} if entry is not None else set()


def _columns_of(query: exp.Expr, scope: Scope) -> set[str]:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return set()
    names = {item.alias_or_name.lower() for item in query.selects}
    return names | _offered(query, scope) if any(item.is_star for item in query.selects) else names
