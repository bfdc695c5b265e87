"""Name resolution: the tables, views and INFORMATION_SCHEMA views of a statement replaced by what they stand for."""

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.information_schema import views as information_schema
from localgcp.services.bigquery.information_schema.views import ServerFacts
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.partitions import pseudo_columns, wildcards
from localgcp.services.bigquery.routines.calls import put_routines
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.entry import TableEntry

_DEEPEST_VIEW = 16


def resolve(statement: exp.Expr, scope: Scope, facts: ServerFacts, depth: int = 0) -> exp.Expr:
    """Replace the tables and views of a statement by physical tables and queries.

    Args:
        scope: where the names are looked up; what they turn out to be is noted in `scope.found`.
        facts: what the views of INFORMATION_SCHEMA show besides the catalog.
        depth: how many views lie around the statement.

    Raises:
        ApiError: 404 for a table that does not exist, 400 for a view that is not valid.
    """
    statement = put_routines(statement, scope)
    for table in list(statement.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or _names_with_clause(table):
            continue
        replacement = _replacement(table, scope, facts, depth)
        if table is statement:
            return replacement
        table.replace(replacement)
    return statement


def _names_with_clause(table: exp.Table) -> bool:
    """Tell whether a WITH clause around the reference defines its name."""
    if table.db:
        return False
    node: exp.Expr | None = table
    while node is not None:
        clause = node.args.get("with_")
        if clause is not None and any(item.alias.lower() == table.name.lower() for item in clause.expressions):
            return True
        node = node.parent
    return False


def _replacement(table: exp.Table, scope: Scope, facts: ServerFacts, depth: int) -> exp.Expr:
    found = scope.found
    if information_schema.is_view(table):
        found.uncacheable.append("INFORMATION_SCHEMA")
        return information_schema.query(table, scope, facts)
    if wildcards.is_wildcard(table):
        found.uncacheable.append("a wildcard")
        key = str(len(found.wildcards))
        found.wildcards[key] = wildcards.find(table, scope)
        return wildcards.placeholder(table, found.wildcards[key], key)
    entry = scope.entry_of(table)
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
    if entry.view is None:
        return pseudo_columns.source(table, entry, scope.physical_of(entry), alias)
    query = _view_query(entry, entry.view, scope, facts, depth)
    return pseudo_columns.as_subquery(table, query, alias)


def _view_query(entry: TableEntry, view: dict[str, str], scope: Scope, facts: ServerFacts, depth: int) -> exp.Expr:
    if depth >= _DEEPEST_VIEW:
        raise invalid_query(f"Invalid view {entry.name}: views are nested more than {_DEEPEST_VIEW} deep.")
    try:
        return resolve(parse(view["query"])[0], scope.of_definition(entry.name.project), facts, depth + 1)
    except ApiError as error:
        raise ApiError(error.code, error.status, f"Invalid view {entry.name}: {error.message}", error.reason) from error
