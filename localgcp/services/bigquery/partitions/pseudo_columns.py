"""Pseudo columns: `_PARTITIONTIME`, `_PARTITIONDATE` and `_TABLE_SUFFIX`, which `*` leaves out.

A statement that does not name them reads the table without them, so that a row used as a STRUCT has the fields of the
schema.
"""

from collections.abc import Sequence

from sqlglot import exp

from localgcp.core.state.clock import CLOCK
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.partitioning import PARTITION_DATE, PARTITION_TIME
from localgcp.services.bigquery.types.schema import quote

SUFFIX = "_TABLE_SUFFIX"
# The keys of `meta` under which a node has its physical table, or the key of its wildcard.
READS, WILDCARD = "reads", "wildcard"
_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Merge)
_MOVED = ("joins", "laterals", "pivots", "sample")


def source(table: exp.Table, entry: TableEntry, physical: exp.Identifier, alias: exp.TableAlias) -> exp.Expr:
    """Return the node that replaces a table in FROM, or the table that a statement changes.

    Args:
        table: the reference in the statement.
        entry: the table.
        physical: its DuckDB name.
        alias: the name by which the statement knows it.
    """
    replaced = table.copy()
    # Moved instead of copied: the tables in a join are replaced after this one.
    for part in _MOVED:
        if table.args.get(part):
            replaced.set(part, table.args[part])
    for part in ("db", "catalog"):
        replaced.set(part, None)
    replaced.set("this", physical)
    replaced.set("alias", alias.copy())
    partitioning = entry.partitioning
    if partitioning is None or not partitioning.is_ingestion_time:
        found: exp.Expr = replaced
    elif _is_target(table):
        _write_out_dates(table)
        found = replaced
    else:
        names = (PARTITION_TIME, PARTITION_DATE) if are_used(table, (PARTITION_TIME, PARTITION_DATE)) else ()
        found = _subquery(table, entry, physical, names, alias)
    found.meta[READS] = physical.name
    return found


def _subquery(
    table: exp.Table, entry: TableEntry, physical: exp.Identifier, names: Sequence[str], alias: exp.TableAlias
) -> exp.Expr:
    columns: list[exp.Expr] = [exp.column(field.name, quoted=True) for field in entry.fields]
    if names:
        time = exp.column(PARTITION_TIME, quoted=True)
        columns += [time, exp.alias_(_date_of(time), PARTITION_DATE, quoted=True)]
        exclude_columns(table, names, alias.name)
    select = exp.Select(expressions=columns).from_(exp.Table(this=physical))
    return as_subquery(table, select, alias)


def as_subquery(table: exp.Table, query: exp.Expr, alias: exp.TableAlias) -> exp.Subquery:
    """Return a subquery in the place of a table, with the joins of the table."""
    found = exp.Subquery(this=query, alias=alias.copy())
    for part in _MOVED:
        if table.args.get(part):
            found.set(part, table.args[part])
    return found


def exclude_columns(table: exp.Table, names: Sequence[str], alias: str) -> None:
    """Exclude columns from each `*` of the query around a table."""
    query = table.find_ancestor(exp.Select)
    for item in query.expressions if query is not None else ():
        if not item.is_star or (isinstance(item, exp.Column) and item.table.lower() != alias.lower()):
            continue
        star = item.find(exp.Star)
        taken = list(star.args.get("except_") or [])
        known = {part.name.upper() for part in taken}
        star.set("except_", [*taken, *(exp.column(name, quoted=True) for name in names if name not in known)])


def are_used(table: exp.Table, names: Sequence[str]) -> bool:
    """Tell whether the query around a table names one of some columns."""
    query = table.find_ancestor(*_QUERIES)
    return query is not None and any(column.name.upper() in names for column in query.find_all(exp.Column))


def _is_target(table: exp.Table) -> bool:
    holder = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
    inside = table.parent if isinstance(table.parent, exp.Schema) else table
    return isinstance(holder, exp.DML) and inside.arg_key == "this"


def _write_out_dates(table: exp.Table) -> None:
    statement = table.find_ancestor(exp.DML)
    for column in list(statement.find_all(exp.Column)) if statement is not None else ():
        if column.name.upper() == PARTITION_DATE:
            time = column.copy()
            time.set("this", exp.to_identifier(PARTITION_TIME, quoted=True))
            column.replace(_date_of(time))


def _date_of(time: exp.Expr) -> exp.Expr:
    return exp.cast(time.copy(), "DATE")


def name_columns(statement: exp.Expr, entry: TableEntry) -> exp.Expr:
    """Return an INSERT or MERGE that names the columns of the schema, if the physical table has one more."""
    if len(entry.stored_fields) == len(entry.fields):
        return statement
    statement = statement.copy()
    columns = [exp.to_identifier(field.name, quoted=True) for field in entry.fields]
    if isinstance(statement, exp.Insert) and not isinstance(statement.this, exp.Schema):
        statement.set("this", exp.Schema(this=statement.this, expressions=columns))
    for insert in statement.find_all(exp.Insert) if isinstance(statement, exp.Merge) else ():
        values = insert.this.expressions[0] if isinstance(insert.this, exp.Tuple) else None
        if isinstance(values, exp.Anonymous) and str(values.this).upper() == "VALUES":
            insert.set("this", exp.Tuple(expressions=[exp.column(column.copy()) for column in columns]))
            insert.set("expression", exp.Tuple(expressions=values.expressions))
    return statement


def set_default_partition(entry: TableEntry, cursor: Cursor) -> None:
    """Set the default of `_PARTITIONTIME`, for rows that a statement adds without it, to the current partition."""
    partitioning = entry.partitioning
    if partitioning is not None and partitioning.is_ingestion_time:
        moment = partitioning.literal(partitioning.id_at(CLOCK.utc()))
        cursor.execute(f"ALTER TABLE {quote(entry.physical)} ALTER {quote(PARTITION_TIME)} SET DEFAULT {moment}")
