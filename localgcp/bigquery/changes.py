"""Statements that change rows: INSERT, UPDATE, DELETE, MERGE and TRUNCATE TABLE."""

from sqlglot import exp

from localgcp.bigquery.pseudo_columns import name_columns, set_default_partition
from localgcp.bigquery.query_call import Outcome, QueryCall, check_limit, outcome_of
from localgcp.bigquery.query_errors import invalid_query
from localgcp.bigquery.references import Scope
from localgcp.bigquery.statement_parts import Parts
from localgcp.bigquery.wildcards import is_wildcard

KINDS: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
}


class Changes:
    """Runs DML statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Outcome:
        """Change rows and count them.

        Raises:
            ApiError: what it fails with.
        """
        target = statement.expressions[0] if isinstance(statement, exp.TruncateTable) else statement.this
        table = target.this if isinstance(target, exp.Schema) else target
        if is_wildcard(table):
            raise invalid_query(f"Illegal operation (write) on meta-table {table.name}")
        name = scope.name_of(table)
        with self._parts.catalog.writing(name, appends=isinstance(statement, exp.Insert)):
            entry = scope.entry_of(table)
            if entry.view is not None:
                raise invalid_query(f"{name} is a view, and its rows cannot be changed.")
            kind = KINDS[type(statement)]
            if isinstance(statement, exp.TruncateTable):
                statement = exp.Delete(this=table.copy())
            elif isinstance(statement, exp.Delete | exp.Update) and statement.args.get("where") is None:
                raise invalid_query(f"{kind} must have a WHERE clause; WHERE TRUE means all rows.")
            statement = name_columns(statement, entry)
            change = self._parts.compiler.change(statement, scope)
            check_limit(change, call)
            outcome = outcome_of(change, kind)
            if call.is_dry_run:
                return outcome
            set_default_partition(entry, call.cursor)
            count = int(call.cursor.execute(change.sql).fetchone()[0])
            self._parts.catalog.touch(entry)
        outcome.statistics["numDmlAffectedRows"] = str(count)
        counters = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}
        if kind in counters:
            outcome.statistics["dmlStats"] = {counters[kind]: str(count)}
        return outcome
