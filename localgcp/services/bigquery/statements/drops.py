"""DROP: tables, views, schemas and routines."""

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome, ddl_outcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.statements.routine_ddl import drop_routine
from localgcp.services.bigquery.statements.snapshots import IS_SNAPSHOT
from localgcp.services.bigquery.tables.names import DatasetName
from localgcp.services.bigquery.tables.resources import table_type

_KINDS = {
    "TABLE": "TABLE",
    "VIEW": "VIEW",
    "MATERIALIZED_VIEW": "MATERIALIZED VIEW",
    "SNAPSHOT": "SNAPSHOT TABLE",
}


class Drops:
    """Runs DROP statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self, statement: exp.Drop, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run one DROP statement.

        Raises:
            ApiError: the error that the statement fails with.
        """
        kind = statement.args["kind"]
        if kind in ("FUNCTION", "TABLE FUNCTION", "PROCEDURE"):
            return drop_routine(statement, call, scope)
        if kind not in ("TABLE", "VIEW", "SCHEMA"):
            raise unsupported(f"the statement DROP {kind}")
        if kind == "SCHEMA":
            dataset = DatasetName(statement.this.catalog or call.project, statement.this.db)
            is_there = dataset in self._parts.catalog.datasets
            if (is_there or not statement.args.get("exists")) and not call.is_dry_run:
                self._parts.catalog.delete_dataset(dataset, with_contents=bool(statement.args.get("cascade")))
            operation = "DROP" if is_there else "SKIP"
            return StatementOutcome(statistics={"statementType": "DROP_SCHEMA", "ddlOperationPerformed": operation})
        name = scope.name_of(statement.this)
        entry = self._parts.catalog.find(name)
        kind = _full_kind(statement, kind)
        if entry is None:
            if statement.args.get("exists"):
                return ddl_outcome(f"DROP_{kind.replace(' ', '_')}", name, "SKIP")
            raise name.missing(self._parts.catalog.datasets.get(name.parent)["location"])
        found = _KINDS[table_type(entry)]
        if found != kind:
            raise invalid_query(f"{name} is not of type {kind}; use DROP {found}.")
        if not call.is_dry_run:
            self._parts.catalog.delete(name)
        return ddl_outcome(f"DROP_{kind.replace(' ', '_')}", name, "DROP")


def _full_kind(statement: exp.Drop, kind: str) -> str:
    if statement.meta.get(IS_SNAPSHOT):
        return "SNAPSHOT TABLE"
    return f"MATERIALIZED {kind}" if statement.args.get("materialized") else kind
