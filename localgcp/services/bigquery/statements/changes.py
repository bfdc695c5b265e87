"""Statements that change rows: INSERT, UPDATE, DELETE, MERGE and TRUNCATE TABLE."""

from sqlglot import exp

from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.places import place_before
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.partitions.pseudo_columns import name_columns, set_default_partition
from localgcp.services.bigquery.partitions.wildcards import is_wildcard
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome, outcome_of
from localgcp.services.bigquery.scripts.query_call import QueryCall, check_limit
from localgcp.services.bigquery.statements.inserts import prepared_insert
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.statements.updates import DOUBLE_MATCH, PreparedChanges, double_match_query
from localgcp.services.bigquery.tables.entry import TableEntry

KINDS: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
}
# The words before the name of the table in most statements of a kind.
_HEADS = {"UPDATE": "UPDATE ", "DELETE": "DELETE FROM "}
_COUNTERS = {
    "INSERT": "insertedRowCount",
    "UPDATE": "updatedRowCount",
    "DELETE": "deletedRowCount",
    "TRUNCATE_TABLE": "deletedRowCount",
}


class Changes:
    """Runs DML statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run one statement and count the rows that it changes.

        Raises:
            ApiError: the error that the statement fails with.
        """
        statement = _with_target(statement)
        target = statement.expressions[0] if isinstance(statement, exp.TruncateTable) else statement.this
        table = target.this if isinstance(target, exp.Schema) else target
        if is_wildcard(table):
            raise invalid_query(f"Illegal operation (write) on meta-table {table.name}")
        name = scope.name_of(table)
        with self._parts.writing(name, call, appends=isinstance(statement, exp.Insert)):
            entry = scope.entry_of(table)
            if entry.view is not None:
                raise invalid_query(f"{name} is a view, and its rows cannot be changed.")
            if "snapshotDefinition" in entry.settings:
                raise invalid_query(f"{name} is a snapshot, and its rows cannot be changed.")
            kind = KINDS[type(statement)]
            if isinstance(statement, exp.TruncateTable):
                statement = exp.Delete(this=table.copy())
            elif isinstance(statement, exp.Delete | exp.Update) and statement.args.get("where") is None:
                raise invalid_query(f"{kind} must have a WHERE clause{place_before(table, _HEADS[kind])}")
            source = statement
            statement = self._prepared(statement, entry, scope)
            statement = name_columns(statement, entry)
            change = self._parts.compiler.change(statement, scope)
            check_limit(change, call)
            outcome = outcome_of(change, kind)
            if call.is_dry_run:
                return outcome
            self._check_matches(source, call, scope)
            set_default_partition(entry, call.cursor)
            with self._parts.catalog.changing(entry, call.cursor) as changing:
                counts = _counts(change.sql, kind, call.cursor)
                outcome.statistics["numDmlAffectedRows"] = str(sum(counts.values()))
                outcome.statistics["dmlStats"] = {_COUNTERS[name]: str(count) for name, count in counts.items()}
                changing.statistics["query"] = outcome.statistics
        return outcome

    def _prepared(self, statement: exp.Expr, entry: TableEntry, scope: Scope) -> exp.Expr:
        if isinstance(statement, exp.Insert):
            return prepared_insert(statement, entry, self._parts.compiler, scope)
        if isinstance(statement, exp.Update):
            return PreparedChanges(entry, self._parts.compiler, scope).update(statement)
        if isinstance(statement, exp.Merge):
            return PreparedChanges(entry, self._parts.compiler, scope).merge(statement)
        return statement

    def _check_matches(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> None:
        found = double_match_query(statement) if isinstance(statement, exp.Update | exp.Merge) else None
        if found is None:
            return
        sql = self._parts.compiler.change(found, scope.for_part()).sql
        if call.cursor.execute(sql).fetchone() is not None:
            raise invalid_query(DOUBLE_MATCH)


def _with_target(statement: exp.Expr) -> exp.Expr:
    """Return a DELETE without FROM, which sqlglot reads as a DELETE from several tables, as one with FROM."""
    if isinstance(statement, exp.Delete) and not statement.this:
        (table,) = statement.args["tables"]
        statement = statement.copy()
        statement.set("tables", None)
        statement.set("this", table.copy())
    return statement


def _counts(sql: str, kind: str, cursor: Cursor) -> dict[str, int]:
    """Run a change and return the numbers of inserted, updated and deleted rows."""
    if kind != "MERGE":
        return {kind: int(cursor.execute(sql).fetchone()[0])}
    rows = cursor.execute(f"{sql} RETURNING merge_action").fetchall()
    return {name: sum(row[0] == name for row in rows) for name in ("INSERT", "UPDATE", "DELETE")}
