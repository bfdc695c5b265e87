"""Query jobs: one statement after another, each by its kind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import duckdb
from sqlglot import exp

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.compiler import Compiler, Query
from localgcp.bigquery.ddl import export_options, fields_of, settings_of
from localgcp.bigquery.environment import Environment
from localgcp.bigquery.export import Exporter, ExportOptions
from localgcp.bigquery.functions import function_of
from localgcp.bigquery.names import DatasetName, TableName
from localgcp.bigquery.parameters import bind
from localgcp.bigquery.query_call import Outcome, QueryCall, check_limit, ddl_outcome, outcome_of
from localgcp.bigquery.query_errors import invalid_query, statement_error, unsupported
from localgcp.bigquery.references import Scope
from localgcp.bigquery.results import Results
from localgcp.bigquery.schema import Field
from localgcp.bigquery.script import Script
from localgcp.bigquery.script_parser import parse_script
from localgcp.bigquery.script_tree import Node, Simple
from localgcp.bigquery.sink import Sink, Target
from localgcp.bigquery.table_entry import table_settings
from localgcp.bigquery.temporary import TemporaryTables, is_temporary
from localgcp.errors import ApiError, already_exists

_NAMES: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
}
_EXPORT_OPTIONS = {"uri", "format", "compression", "header", "field_delimiter", "overwrite"}


class Statements:
    """Runs GoogleSQL statements."""

    def __init__(self, catalog: Catalog, compiler: Compiler, sink: Sink, exporter: Exporter, results: Results) -> None:
        self._catalog = catalog
        self._compiler = compiler
        self._sink = sink
        self._exporter = exporter
        self._results = results
        self._creates: dict[str, Callable[[exp.Create, QueryCall, Scope], Outcome]] = {
            "TABLE": self._create_table,
            "VIEW": self._create_view,
            "SCHEMA": self._create_schema,
            "FUNCTION": self._create_function,
        }
        self._temporary = TemporaryTables(catalog)

    def run(self, call: QueryCall) -> Outcome:
        """Run all statements of a job; the last one's outcome is the job's.

        Raises:
            ApiError: what the job fails with.
        """
        if call.query.get("useLegacySql"):
            raise invalid_query("localgcp does not run legacy SQL. Set useLegacySql to false.")
        nodes = parse_script(call.query.get("query") or "")
        dataset = (call.query.get("defaultDataset") or {}).get("datasetId", "")
        environment = Environment.of_job(call.project, call.job_id, dataset)
        while len(nodes) > 1 and _defines_temporary_function(nodes[0]):
            # Functions before a single statement do not make it a script.
            self.run_one(nodes[0].statement, replace(call, environment=environment))
            nodes = nodes[1:]
        if len(nodes) == 1 and isinstance(nodes[0], Simple):
            _check_single(nodes[0].statement)
            return self.run_one(nodes[0].statement, replace(call, environment=environment))
        if call.is_dry_run and not all(isinstance(node, Simple) and not is_temporary(node.statement) for node in nodes):
            # What would run, and on which tables, is not known before it runs.
            return Outcome(statistics={"statementType": "SCRIPT"})
        try:
            return Script(self, call, environment).run(nodes)
        finally:
            self._temporary.drop(environment)

    def rows(self, query: exp.Query, call: QueryCall) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return the columns and the rows of a query that a script needs for itself.

        Raises:
            ApiError: it is not valid, or fails.
        """
        scope = self._scope(call)
        bound = self._bound(query, call, scope)
        try:
            compiled = self._compiler.query(bound, scope)
            check_limit(compiled, call)
            return compiled.fields, call.cursor.execute(compiled.sql).to_arrow_table().to_pylist()
        except duckdb.Error as error:
            raise statement_error(error, query) from error

    def _scope(self, call: QueryCall) -> Scope:
        default = call.query.get("defaultDataset") or {}
        names = call.environment
        return Scope(
            self._catalog,
            call.project,
            default_project=default.get("projectId", ""),
            default_dataset=names.default_dataset if names is not None else default.get("datasetId", ""),
            temporary=names.temporary if names is not None else {},
        )

    @staticmethod
    def _bound(statement: exp.Expr, call: QueryCall, scope: Scope) -> exp.Expr:
        is_kept = isinstance(statement, exp.Create) and statement.args.get("kind") in ("VIEW", "FUNCTION")
        if call.environment is not None and not is_kept:
            statement = call.environment.applied(statement.copy(), scope)
        return bind(statement, call.query.get("queryParameters") or ())

    def run_one(self, statement: exp.Expr, call: QueryCall) -> Outcome:
        """Run one statement.

        Raises:
            ApiError: what it fails with.
        """
        scope = self._scope(call)
        bound = self._bound(statement, call, scope)
        try:
            outcome = self._dispatch(bound, call, scope)
        except duckdb.Error as error:
            raise statement_error(error, statement) from error
        outcome.statistics.setdefault("referencedTables", [name.to_json() for name in scope.referenced])
        return outcome

    def _dispatch(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Outcome:
        if isinstance(statement, exp.Query):
            return self._select(statement, call, scope)
        if isinstance(statement, exp.Create) and statement.args.get("kind") in self._creates:
            return self._creates[statement.args["kind"]](statement, call, scope)
        if isinstance(statement, exp.Drop) and statement.args.get("kind") in ("TABLE", "VIEW", "SCHEMA"):
            return self._drop(statement, call, scope)
        if type(statement) in _NAMES:
            return self._change(statement, call, scope)
        if isinstance(statement, exp.Export):
            return self._export(statement, call, scope)
        words = statement.sql("bigquery").split()
        raise unsupported(f"the statement {' '.join(words[:2]).upper()}")

    # Queries

    def _select(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Outcome:
        query = self._compile(statement, call, scope)
        outcome = outcome_of(query, "SELECT")
        outcome.fields = query.fields
        if call.is_dry_run:
            return outcome
        raw_target = call.query.get("destinationTable")
        if raw_target and not raw_target.get("datasetId", "").startswith("_"):
            target = Target(
                name=TableName.from_json(raw_target, call.project),
                create=call.query.get("createDisposition") or "CREATE_IF_NEEDED",
                write=call.query.get("writeDisposition") or "WRITE_EMPTY",
                settings=table_settings(call.query),
                may_add_fields="ALLOW_FIELD_ADDITION" in (call.query.get("schemaUpdateOptions") or ()),
            )
            self._sink.write(target, query.fields, query.sql, call.cursor)
            outcome.result = target.name
        else:
            outcome.result = self._results.name_for(call.project, call.job_id)
            self._results.write(outcome.result, query.fields, call.cursor, query.sql)
        return outcome

    def _compile(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Query:
        query = self._compiler.query(statement, scope)
        check_limit(query, call)
        return query

    # DDL

    def _create_table(self, statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        schema = statement.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        if is_temporary(statement):
            self._temporary.declare(table, call)
        name = scope.name_of(table)
        self._catalog.dataset(name.parent)
        existing = self._catalog.find(name)
        is_replacement = bool(statement.args.get("replace"))
        if existing is not None and not is_replacement:
            if statement.args.get("exists"):
                return ddl_outcome("CREATE_TABLE", name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        settings = settings_of(statement)
        operation = "REPLACE" if existing is not None else "CREATE"
        body = statement.args.get("expression")
        if (clone := statement.args.get("clone")) is not None:
            body = exp.select("*").from_(clone.this)
        if body is None and not isinstance(schema, exp.Schema):
            raise unsupported("CREATE TABLE without columns or AS")
        if body is None:
            return self._create_empty(name, fields_of(schema), settings, operation, call)
        query = self._compile(body, call, scope)
        outcome = ddl_outcome("CREATE_TABLE_AS_SELECT", name, operation, query)
        if call.is_dry_run:
            outcome.fields = query.fields
            return outcome
        target = Target(name=name, write="WRITE_TRUNCATE", settings=settings, replaces_settings=True)
        self._sink.write(target, query.fields, query.sql, call.cursor)
        return outcome

    def _create_empty(
        self, name: TableName, fields: Sequence[Field], settings: dict[str, Any], operation: str, call: QueryCall
    ) -> Outcome:
        if not call.is_dry_run:
            with self._catalog.writing(name):
                if operation == "REPLACE":
                    self._catalog.delete(name)
                self._catalog.create(name, fields, settings)
        return ddl_outcome("CREATE_TABLE", name, operation)

    def _create_view(self, statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        table = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
        name = scope.name_of(table)
        existing = self._catalog.find(name)
        if existing is not None and not statement.args.get("replace"):
            if statement.args.get("exists"):
                return ddl_outcome("CREATE_VIEW", name, "SKIP")
            raise already_exists(f"Already Exists: Table {name}")
        text = statement.args["expression"].sql("bigquery")
        query = self._compiler.query(statement.args["expression"], scope)
        if not call.is_dry_run:
            with self._catalog.writing(name):
                self._catalog.delete(name)
                view = {"query": text, "useLegacySql": False}
                self._catalog.create(name, query.fields, settings_of(statement), view=view)
        return ddl_outcome("CREATE_VIEW", name, "REPLACE" if existing is not None else "CREATE")

    @staticmethod
    def _create_function(statement: exp.Create, call: QueryCall, scope: Scope) -> Outcome:
        name = statement.this.this.name
        if not is_temporary(statement) or call.environment is None:
            raise unsupported(f"functions that outlive their job ({name}); use CREATE TEMP FUNCTION")
        if name.lower() in call.environment.functions and not statement.args.get("replace"):
            raise already_exists(f"Already Exists: Routine {name}")
        call.environment.functions[name.lower()] = function_of(statement, call.environment.functions, scope)
        return Outcome(statistics={"statementType": "CREATE_FUNCTION", "ddlOperationPerformed": "CREATE"})

    def _create_schema(self, statement: exp.Create, call: QueryCall, _scope: Scope) -> Outcome:
        name = DatasetName(statement.this.catalog or call.project, statement.this.db)
        if not call.is_dry_run:
            try:
                self._catalog.create_dataset(name.project, {"datasetReference": name.to_json()})
            except ApiError as error:
                if error.reason != "duplicate" or not statement.args.get("exists"):
                    raise
        return Outcome(statistics={"statementType": "CREATE_SCHEMA", "ddlOperationPerformed": "CREATE"})

    def _drop(self, statement: exp.Drop, call: QueryCall, scope: Scope) -> Outcome:
        kind = statement.args["kind"]
        if kind == "SCHEMA":
            dataset = DatasetName(statement.this.catalog or call.project, statement.this.db)
            if not call.is_dry_run:
                self._catalog.delete_dataset(dataset, with_contents=bool(statement.args.get("cascade")))
            return Outcome(statistics={"statementType": "DROP_SCHEMA", "ddlOperationPerformed": "DROP"})
        name = scope.name_of(statement.this)
        entry = self._catalog.find(name)
        if entry is None:
            if statement.args.get("exists"):
                return ddl_outcome(f"DROP_{kind}", name, "SKIP")
            raise name.missing(self._catalog.dataset(name.parent)["location"])
        if (entry.view is not None) != (kind == "VIEW"):
            raise invalid_query(f"{name} is not of type {kind}; use DROP {'VIEW' if entry.view else 'TABLE'}.")
        if not call.is_dry_run:
            self._catalog.delete(name)
        return ddl_outcome(f"DROP_{kind}", name, "DROP")

    # Changes

    def _change(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Outcome:
        target = statement.expressions[0] if isinstance(statement, exp.TruncateTable) else statement.this
        table = target.this if isinstance(target, exp.Schema) else target
        name = scope.name_of(table)
        with self._catalog.writing(name):
            entry = scope.entry_of(table)
            if entry.view is not None:
                raise invalid_query(f"{name} is a view, and its rows cannot be changed.")
            kind = _NAMES[type(statement)]
            if isinstance(statement, exp.TruncateTable):
                statement = exp.Delete(this=table.copy())
            elif isinstance(statement, exp.Delete | exp.Update) and statement.args.get("where") is None:
                raise invalid_query(f"{kind} must have a WHERE clause; WHERE TRUE means all rows.")
            change = self._compiler.change(statement, scope)
            check_limit(change, call)
            outcome = outcome_of(change, kind)
            if call.is_dry_run:
                return outcome
            count = int(call.cursor.execute(change.sql).fetchone()[0])
            self._catalog.touch(entry)
        outcome.statistics["numDmlAffectedRows"] = str(count)
        counters = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}
        if kind in counters:
            outcome.statistics["dmlStats"] = {counters[kind]: str(count)}
        return outcome

    # EXPORT DATA

    def _export(self, statement: exp.Export, call: QueryCall, scope: Scope) -> Outcome:
        raw = export_options(statement)
        if unknown := set(raw) - _EXPORT_OPTIONS:
            raise invalid_query(f"Unknown option: {sorted(unknown)[0]}")
        if "uri" not in raw or "format" not in raw:
            raise invalid_query("EXPORT DATA needs the options uri and format.")
        if "*" not in raw["uri"]:
            raise invalid_query("Option 'uri' value must be a wild card URI: it needs one *.")
        file_format = str(raw["format"]).upper()
        options = ExportOptions(
            uri=raw["uri"],
            format={"JSON": "NEWLINE_DELIMITED_JSON"}.get(file_format, file_format),
            compression=str(raw.get("compression", "")).upper(),
            header=bool(raw.get("header", False)),
            delimiter=str(raw.get("field_delimiter", ",")),
            overwrite=bool(raw.get("overwrite", False)),
        )
        self._exporter.check(options)
        query = self._compile(statement.this, call, scope)
        outcome = outcome_of(query, "EXPORT_DATA")
        if not call.is_dry_run:
            rows, files = self._exporter.run(query.sql, query.fields, options, call.cursor)
            outcome.statistics["exportDataStatistics"] = {"rowCount": str(rows), "fileCount": str(files)}
        return outcome


def _defines_temporary_function(node: Node) -> TypeGuard[Simple]:
    return (
        isinstance(node, Simple)
        and isinstance(node.statement, exp.Create)
        and node.statement.args.get("kind") == "FUNCTION"
        and is_temporary(node.statement)
    )


def _check_single(statement: exp.Expr) -> None:
    if is_temporary(statement) and statement.args["kind"] == "FUNCTION":
        raise invalid_query("CREATE TEMPORARY FUNCTION statements must be followed by an actual query.")
    if is_temporary(statement):
        raise invalid_query("Use of CREATE TEMPORARY TABLE requires a script or session")
