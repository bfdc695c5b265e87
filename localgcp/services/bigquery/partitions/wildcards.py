"""Wildcard tables: all tables of a dataset whose names start with a prefix, read as one.

The newest table gives the schema; the rows of a table without one of its columns have NULL there. Conditions on
`_TABLE_SUFFIX` exclude tables before any is read.
"""

from collections.abc import Callable, Sequence

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.partitions.conditions import Condition, alternatives
from localgcp.services.bigquery.partitions.pseudo_columns import (
    SUFFIX,
    WILDCARD,
    are_used,
    as_subquery,
    exclude_columns,
)
from localgcp.services.bigquery.scope.scope import Scope, Wildcard
from localgcp.services.bigquery.tables.names import TableName, check_dataset_id, check_table_id
from localgcp.services.bigquery.types.schema import Field, quote

# Takes suffixes and a condition; returns the suffixes that meet it, or None if only the rows can tell.
Choose = Callable[[Sequence[str], exp.Expr], list[str] | None]


def is_wildcard(table: exp.Table) -> bool:
    """Tell whether a table reference is a wildcard."""
    return table.name.endswith("*")


def find(table: exp.Table, scope: Scope) -> Wildcard:
    """Return the tables behind a wildcard.

    Raises:
        ApiError: 404 for the dataset, 400 if no table matches, or a view does.
    """
    prefix = table.name[:-1]
    if prefix:
        check_table_id(prefix)
    dataset = table.db or scope.defaults.default_dataset
    check_dataset_id(dataset)
    name = TableName(scope.defaults.project_of(table), dataset, table.name)
    scope.catalog.datasets.get(name.parent)
    found = [entry for entry in scope.catalog.tables(name.parent) if entry.name.table.startswith(prefix)]
    if not found:
        raise invalid_query(f"{name} does not match any table.")
    for entry in found:
        if entry.view is not None:
            raise invalid_query(f"Views cannot be queried through prefix. First view {entry.name}.")
    newest = max(found, key=lambda entry: (entry.created_ms, entry.name))
    scope.found.refer_to(name)
    entries = {entry.name.table.removeprefix(prefix): entry for entry in found}
    return Wildcard(entries, newest.fields, are_used(table, (SUFFIX,)))


def placeholder(table: exp.Table, wildcard: Wildcard, key: str) -> exp.Expr:
    """Return a subquery without rows for a wildcard, which `fill` completes once the conditions are known."""
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name[:-1] or "_", quoted=True))
    if wildcard.names_suffix:
        exclude_columns(table, [SUFFIX], alias.name)
    found = as_subquery(table, _nothing(wildcard), alias)
    found.meta[WILDCARD] = key
    return found


def fill(statement: exp.Expr, scope: Scope, choose: Choose) -> None:
    """Complete the placeholders of a statement by the tables that it can need."""
    for node in list(statement.find_all(exp.Subquery)):
        key = node.meta.get(WILDCARD)
        if key is None:
            continue
        wildcard = scope.found.wildcards[key]
        suffixes = _chosen(node, list(wildcard.entries), choose)
        selects = [_select(wildcard, suffix, scope) for suffix in suffixes]
        node.set("this", _united(selects) if selects else _nothing(wildcard))


def _united(selects: list[exp.Select]) -> exp.Query:
    # In halves, so that a thousand tables are not nested a thousand levels deep.
    if len(selects) == 1:
        return selects[0]
    middle = len(selects) // 2
    return exp.Union(this=_united(selects[:middle]), expression=_united(selects[middle:]), distinct=False)


def _chosen(node: exp.Expr, suffixes: list[str], choose: Choose) -> list[str]:
    found: set[str] = set()
    for conditions in alternatives(node, {SUFFIX.lower(): SUFFIX}):
        kept = suffixes
        for condition in conditions:
            test = _alone(condition)
            chosen = choose(kept, test) if test is not None and kept else None
            kept = kept if chosen is None else chosen
        found |= set(kept)
    return [suffix for suffix in suffixes if suffix in found]


def _alone(condition: Condition) -> exp.Expr | None:
    """Return a condition as one on `_TABLE_SUFFIX`, or None if it uses anything else."""
    columns = list(condition.test.find_all(exp.Column))
    if not columns or condition.test.find(exp.Query, exp.AggFunc) is not None:
        return None
    if any(condition.column(column) != SUFFIX for column in columns):
        return None
    return condition.test.transform(
        lambda node: exp.column(SUFFIX, quoted=True) if isinstance(node, exp.Column) else node
    )


def _select(wildcard: Wildcard, suffix: str, scope: Scope) -> exp.Select:
    entry = wildcard.entries[suffix]
    known = {field.name.lower(): field for field in entry.fields}
    columns = [_column(field, known.get(field.name.lower())) for field in wildcard.fields]
    table = exp.Table(this=scope.physical_of(entry))
    return _query_of(wildcard, columns, exp.Literal.string(suffix)).from_(table)


def _column(wanted: Field, found: Field | None) -> exp.Expr:
    if found is None:
        return exp.alias_(exp.Var(this=f"CAST(NULL AS {wanted.duckdb_type})"), wanted.name, quoted=True)
    if found.duckdb_type == wanted.duckdb_type:
        return exp.alias_(exp.column(found.name, quoted=True), wanted.name, quoted=True)
    if "RECORD" not in (found.type, wanted.type) or found.mode != wanted.mode:
        raise invalid_query(
            f"Cannot read field '{wanted.name}' of type {found.standard_type} as {wanted.standard_type}"
        )
    cast = exp.Var(this=f"CAST({quote(found.name)} AS {wanted.duckdb_type})")
    return exp.alias_(cast, wanted.name, quoted=True)


def _query_of(wildcard: Wildcard, columns: Sequence[exp.Expr], suffix: exp.Expr) -> exp.Select:
    """Return a query of the columns, with the suffix where the statement names it."""
    named = [exp.alias_(suffix, SUFFIX, quoted=True)] if wildcard.names_suffix else []
    return exp.Select(expressions=[*columns, *named])


def _nothing(wildcard: Wildcard) -> exp.Select:
    columns = [_column(field, None) for field in wildcard.fields]
    return _query_of(wildcard, columns, exp.Var(this="CAST(NULL AS VARCHAR)")).where(exp.false())
