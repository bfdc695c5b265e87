"""CREATE: tables, views, schemas and functions."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import already_exists
from localgcp.services.bigquery.compiler.compiler import CompiledQuery
from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.routines.functions import function_of
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome, ddl_outcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.temporary import is_temporary
from localgcp.services.bigquery.statements.ddl import options_of, settings_of
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.statements.routine_ddl import create_function
from localgcp.services.bigquery.statements.snapshots import IS_SNAPSHOT
from localgcp.services.bigquery.statements.table_keys import keys_of
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import DatasetName, TableName
from localgcp.services.bigquery.transfer.sink import Target
from localgcp.services.bigquery.types.coercion import coercible
from localgcp.services.bigquery.types.declarations import description_of, fields_of
from localgcp.services.bigquery.types.schema import Field, quote

_NOT_COPIED = ("snapshotDefinition", "cloneDefinition", "expirationTime")


class Creates:
    """Runs CREATE statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kinds: dict[str, Callable[[exp.Create, QueryCall, Scope], StatementOutcome]] = {
            "TABLE": self._create_table,
            "VIEW": self._create_view,
            "SCHEMA": self._create_schema,
            "FUNCTION": self._create_function,
        }

    def run(self, statement: exp.Create, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run one CREATE statement.

        Raises:
            ApiError: the error that the statement fails with.
        """
        kind = statement.args.get("kind")
        if kind not in self._kinds:
            raise unsupported(f"the statement CREATE {kind}")
        return self._kinds[kind](statement, call, scope)

    def _create_table(self, statement: exp.Create, call: QueryCall, scope: Scope) -> StatementOutcome:
        schema = statement.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        if is_temporary(statement):
            self._parts.temporary.declare(table, call)
        name = scope.name_of(table)
        self._parts.catalog.datasets.get(name.parent)
        existing = self._parts.catalog.find(name)
        if existing is not None and not statement.args.get("replace"):
            if statement.args.get("exists"):
                return ddl_outcome("CREATE_TABLE", name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        settings = settings_of(statement)
        if is_temporary(statement):
            settings = self._parts.temporary.settings(call) | settings
        operation = "REPLACE" if existing is not None else "CREATE"
        if (source := _source_of(statement)) is not None:
            return self._create_from(statement, source, name, settings, operation, call, scope)
        body = statement.args.get("expression")
        if isinstance(schema, exp.Schema):
            settings |= keys_of(schema, scope.name_of)
        elif body is None:
            raise invalid_query("CREATE TABLE needs a column list, AS, LIKE, COPY or CLONE")
        if body is None:
            return self._create_empty(name, fields_of(schema), settings, operation, call)
        query = self._parts.compile(body, call, scope)
        outcome = ddl_outcome("CREATE_TABLE_AS_SELECT", name, operation, query)
        if call.is_dry_run:
            outcome.fields = query.fields
            return outcome
        fields = _declared(schema, query.fields) if isinstance(schema, exp.Schema) else query.fields
        target = Target(name=name, write="WRITE_TRUNCATE", settings=settings, replaces_settings=True)
        self._parts.sink.write(target, fields, cast_query(query, fields), call.cursor)
        return outcome

    def _create_from(
        self,
        statement: exp.Create,
        source: exp.Table,
        name: TableName,
        settings: dict[str, Any],
        operation: str,
        call: QueryCall,
        scope: Scope,
    ) -> StatementOutcome:
        """Run CREATE TABLE LIKE, COPY or CLONE: copy columns and settings of a table, and except for LIKE its rows."""
        entry = scope.entry_of(source)
        if entry.view is not None:
            raise invalid_query(f"{entry.name} is a view, and cannot be copied; use CREATE TABLE AS SELECT.")
        kept = {key: value for key, value in entry.settings.items() if key not in _NOT_COPIED}
        base = {"baseTableReference": entry.name.to_json()}
        moment = datetime.fromtimestamp(now_ms() / 1000, UTC).isoformat().replace("+00:00", "Z")
        is_snapshot = bool(statement.meta.get(IS_SNAPSHOT))
        if is_snapshot:
            kept |= {"snapshotDefinition": {**base, "snapshotTime": moment}}
        elif statement.args.get("clone") is not None and not statement.args["clone"].args.get("copy"):
            kept |= {"cloneDefinition": {**base, "cloneTime": moment}}
        kind = "CREATE_SNAPSHOT_TABLE" if is_snapshot else "CREATE_TABLE"
        if statement.args.get("clone") is None:
            return self._create_empty(name, entry.fields, kept | settings, operation, call)
        if not call.is_dry_run:
            names = ", ".join(quote(field.name) for field in entry.fields)
            target = Target(name=name, write="WRITE_TRUNCATE", settings=kept | settings, replaces_settings=True)
            self._parts.sink.write(target, entry.fields, f"SELECT {names} FROM {quote(entry.physical)}", call.cursor)
        return ddl_outcome(kind, name, operation)

    def _create_empty(
        self, name: TableName, fields: Sequence[Field], settings: dict[str, Any], operation: str, call: QueryCall
    ) -> StatementOutcome:
        if not call.is_dry_run:
            with self._parts.catalog.writing(name):
                self._parts.catalog.create(name, fields, settings, replaces=operation == "REPLACE")
        return ddl_outcome("CREATE_TABLE", name, operation)

    def _create_view(self, statement: exp.Create, call: QueryCall, scope: Scope) -> StatementOutcome:
        schema = statement.this if isinstance(statement.this, exp.Schema) else None
        name = scope.name_of(schema.this if schema is not None else statement.this)
        is_materialized = _is_materialized(statement)
        kind = "CREATE_MATERIALIZED_VIEW" if is_materialized else "CREATE_VIEW"
        existing = self._parts.catalog.find(name)
        if existing is not None and not statement.args.get("replace"):
            if statement.args.get("exists"):
                return ddl_outcome(kind, name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        body = statement.args["expression"]
        fields = self._parts.compiler.query(body, replace(scope, is_definition=True)).fields
        if schema is not None:
            body, fields = _with_names(body, fields, schema)
        settings = settings_of(statement)
        text = body.sql("bigquery")
        if is_materialized:
            settings["materializedView"] = {"query": text, "enableRefresh": True}
        if not call.is_dry_run:
            with self._parts.catalog.writing(name):
                view = {"query": text, "useLegacySql": False}
                self._parts.catalog.create(name, fields, settings, view=view, replaces=True)
        return ddl_outcome(kind, name, "REPLACE" if existing is not None else "CREATE")

    @staticmethod
    def _create_function(statement: exp.Create, call: QueryCall, scope: Scope) -> StatementOutcome:
        name = statement.this.this.name
        if not is_temporary(statement) or call.environment is None:
            return create_function(statement, call, scope)
        if name.lower() in call.environment.functions and not statement.args.get("replace"):
            raise already_exists(f"Already Exists: Routine {name}")
        call.environment.functions[name.lower()] = function_of(statement, call.environment.functions, scope)
        return StatementOutcome(statistics={"statementType": "CREATE_FUNCTION", "ddlOperationPerformed": "CREATE"})

    def _create_schema(self, statement: exp.Create, call: QueryCall, _scope: Scope) -> StatementOutcome:
        name = DatasetName(statement.this.catalog or call.project, statement.this.db)
        properties = statement.args.get("properties")
        settings = options_of(properties, {}, of_schema=True) if properties is not None else {}
        outcome = StatementOutcome(statistics={"statementType": "CREATE_SCHEMA", "ddlOperationPerformed": "CREATE"})
        if name in self._parts.catalog.datasets and statement.args.get("exists"):
            outcome.statistics["ddlOperationPerformed"] = "SKIP"
        elif not call.is_dry_run:
            self._parts.catalog.datasets.create(name.project, {**settings, "datasetReference": name.to_json()})
        return outcome


def _source_of(statement: exp.Create) -> exp.Table | None:
    """Return the table after LIKE, COPY or CLONE."""
    if (clone := statement.args.get("clone")) is not None:
        table = clone.this
        assert isinstance(table, exp.Table)
        return table
    like = statement.find(exp.LikeProperty)
    return exp.table_(like.this.name, like.this.text("db"), like.this.text("catalog")) if like is not None else None


def _is_materialized(statement: exp.Create) -> bool:
    properties = statement.args.get("properties")
    return properties is not None and properties.find(exp.MaterializedProperty) is not None


def _declared(schema: exp.Schema, found: Sequence[Field]) -> tuple[Field, ...]:
    fields = fields_of(schema)
    if len(fields) != len(found):
        raise invalid_query(
            f"Number of columns in the column definition list ({len(fields)}) "
            f"does not match that of the query ({len(found)})"
        )
    for position, (given, wanted) in enumerate(zip(found, fields, strict=True), start=1):
        if not coercible(given, wanted):
            raise invalid_query(
                f"Query column {position} has type {given.standard_type} which cannot be inserted into column "
                f"{wanted.name}, which has type {wanted.standard_type}"
            )
    return fields


def cast_query(query: CompiledQuery, fields: Sequence[Field]) -> str:
    """Return the SQL of a query with its columns cast to the types of some fields, and named after them."""
    if fields == query.fields:
        return query.sql
    columns = ", ".join(
        f"CAST({quote(given.name)} AS {field.duckdb_type}) AS {quote(field.name)}"
        for given, field in zip(query.fields, fields, strict=True)
    )
    return f"SELECT {columns} FROM ({query.sql}) AS source"


def _with_names(body: exp.Expr, found: Sequence[Field], schema: exp.Schema) -> tuple[exp.Expr, tuple[Field, ...]]:
    """Return the query and fields of a view with the names and descriptions of its column list."""
    names = [item.name for item in schema.expressions]
    if len(names) != len(found):
        raise invalid_query(f"View has {len(names)} columns in its column list, but its query has {len(found)}")
    columns = [exp.alias_(exp.column(field.name), name) for field, name in zip(found, names, strict=True)]
    query = exp.select(*columns).from_(exp.Subquery(this=body.copy(), alias=exp.TableAlias(this="view_query")))
    fields = [
        replace(field, name=name, extra={**field.extra, **description_of(item)})
        for field, name, item in zip(found, names, schema.expressions, strict=True)
    ]
    return query, tuple(fields)
