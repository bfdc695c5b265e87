"""CREATE: tables, views, schemas and functions."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from localgcp.bigquery.ddl import fields_of, settings_of
from localgcp.bigquery.functions import function_of
from localgcp.bigquery.names import DatasetName, TableName
from localgcp.bigquery.query_call import Outcome, QueryCall, ddl_outcome
from localgcp.bigquery.query_errors import unsupported
from localgcp.bigquery.references import Scope
from localgcp.bigquery.routine_ddl import create_function
from localgcp.bigquery.schema import Field
from localgcp.bigquery.sink import Target
from localgcp.bigquery.statement_parts import Parts
from localgcp.bigquery.temporary import is_temporary
from localgcp.errors import ApiError, already_exists


class Creates:
    """Runs CREATE statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kinds: dict[str, Callable[[exp.Create, QueryCall, Scope], Outcome]] = {
            "TABLE": self._create_table,
            "VIEW": self._create_view,
            "SCHEMA": self._create_schema,
            "FUNCTION": self._create_function,
        }

    def run(self, statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        """Make what a statement names.

        Raises:
            ApiError: what it fails with.
        """
        kind = statement.args.get("kind")
        if kind not in self._kinds:
            raise unsupported(f"the statement CREATE {kind}")
        return self._kinds[kind](statement, call, scope)

    def _create_table(self, statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        schema = statement.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        if is_temporary(statement):
            self._parts.temporary.declare(table, call)
        name = scope.name_of(table)
        self._parts.catalog.dataset(name.parent)
        existing = self._parts.catalog.find(name)
        is_replacement = bool(statement.args.get("replace"))
        if existing is not None and not is_replacement:
            if statement.args.get("exists"):
                return ddl_outcome("CREATE_TABLE", name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        settings = settings_of(statement)
        if is_temporary(statement):
            settings = self._parts.temporary.settings(call) | settings
        operation = "REPLACE" if existing is not None else "CREATE"
        body = statement.args.get("expression")
        if (clone := statement.args.get("clone")) is not None:
            body = exp.select("*").from_(clone.this)
        if body is None and not isinstance(schema, exp.Schema):
            raise unsupported("CREATE TABLE without columns or AS")
        if body is None:
            return self._create_empty(name, fields_of(schema), settings, operation, call)
        query = self._parts.compile(body, call, scope)
        outcome = ddl_outcome("CREATE_TABLE_AS_SELECT", name, operation, query)
        if call.is_dry_run:
            outcome.fields = query.fields
            return outcome
        target = Target(name=name, write="WRITE_TRUNCATE", settings=settings, replaces_settings=True)
        self._parts.sink.write(target, query.fields, query.sql, call.cursor)
        return outcome

    def _create_empty(
        self, name: TableName, fields: Sequence[Field], settings: dict[str, Any], operation: str, call: QueryCall
    ) -> Outcome:
        if not call.is_dry_run:
            with self._parts.catalog.writing(name):
                if operation == "REPLACE":
                    self._parts.catalog.delete(name)
                self._parts.catalog.create(name, fields, settings)
        return ddl_outcome("CREATE_TABLE", name, operation)

    def _create_view(self, statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        table = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
        name = scope.name_of(table)
        existing = self._parts.catalog.find(name)
        if existing is not None and not statement.args.get("replace"):
            if statement.args.get("exists"):
                return ddl_outcome("CREATE_VIEW", name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        text = statement.args["expression"].sql("bigquery")
        scope.is_definition = True
        query = self._parts.compiler.query(statement.args["expression"], scope)
        if not call.is_dry_run:
            with self._parts.catalog.writing(name):
                self._parts.catalog.delete(name)
                view = {"query": text, "useLegacySql": False}
                self._parts.catalog.create(name, query.fields, settings_of(statement), view=view)
        return ddl_outcome("CREATE_VIEW", name, "REPLACE" if existing is not None else "CREATE")

    @staticmethod
    def _create_function(statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        name = statement.this.this.name
        if not is_temporary(statement) or call.environment is None:
            return create_function(statement, call, scope)
        if name.lower() in call.environment.functions and not statement.args.get("replace"):
            raise already_exists(f"Already Exists: Routine {name}")
        call.environment.functions[name.lower()] = function_of(statement, call.environment.functions, scope)
        return Outcome(statistics={"statementType": "CREATE_FUNCTION", "ddlOperationPerformed": "CREATE"})

    def _create_schema(self, statement: exp.Create, call: QueryCall, _scope: Scope) -> Outcome:
        name = DatasetName(statement.this.catalog or call.project, statement.this.db)
        if not call.is_dry_run:
            try:
                self._parts.catalog.create_dataset(name.project, {"datasetReference": name.to_json()})
            except ApiError as error:
                if error.reason != "duplicate" or not statement.args.get("exists"):
                    raise
        return Outcome(statistics={"statementType": "CREATE_SCHEMA", "ddlOperationPerformed": "CREATE"})
