"""Runs the statements of query jobs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import duckdb
from sqlglot import exp

from localgcp.core.conventions.errors import not_found
from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.dialect.query_parameters import bind
from localgcp.services.bigquery.errors.query import invalid_query, statement_error, unsupported
from localgcp.services.bigquery.jobs.query_cache import QueryCache
from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.parsing.tree import CreateProcedure, Node, Simple, Transact
from localgcp.services.bigquery.routines.calls import routine_name
from localgcp.services.bigquery.scope.scope import NameDefaults, Scope
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.query_call import QueryCall, check_limit
from localgcp.services.bigquery.scripts.script import Script
from localgcp.services.bigquery.scripts.sessions import Sessions
from localgcp.services.bigquery.scripts.temporary import TemporaryTables, is_temporary
from localgcp.services.bigquery.statements.alters import Alters
from localgcp.services.bigquery.statements.changes import KINDS, Changes
from localgcp.services.bigquery.statements.creates import Creates
from localgcp.services.bigquery.statements.drops import Drops
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.statements.queries import Queries
from localgcp.services.bigquery.statements.routine_ddl import create_procedure
from localgcp.services.bigquery.statements.snapshots import parsed_snapshot
from localgcp.services.bigquery.statements.transact import check_statement, transact, transaction_of
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.routines import PROCEDURE
from localgcp.services.bigquery.tables.transactions import within
from localgcp.services.bigquery.transfer.export import Exporter
from localgcp.services.bigquery.transfer.sink import Sink
from localgcp.services.bigquery.types.schema import Field


class Statements:
    """Runs GoogleSQL statements.

    Attributes:
        sessions: the open sessions.
    """

    def __init__(
        self, catalog: Catalog, compiler: Compiler, sink: Sink, exporter: Exporter, results: QueryResults
    ) -> None:
        self._catalog = catalog
        self._compiler = compiler
        self._temporary = TemporaryTables(catalog)
        self.sessions = Sessions(self._temporary.drop)
        parts = Parts(
            catalog=catalog,
            compiler=compiler,
            sink=sink,
            exporter=exporter,
            results=results,
            temporary=self._temporary,
            cache=QueryCache(results),
        )
        self._queries = Queries(parts)
        self._creates = Creates(parts)
        self._drops = Drops(parts)
        self._alters = Alters(parts)
        self._changes = Changes(parts)

    def run(self, call: QueryCall) -> StatementOutcome:
        """Run all statements of a job, and return the outcome of the last one.

        Raises:
            ApiError: the error that the job fails with.
        """
        if call.query.get("useLegacySql"):
            raise invalid_query("localgcp does not run legacy SQL. Set useLegacySql to false.")
        nodes = parse_script(call.query.get("query") or "")
        dataset = (call.query.get("defaultDataset") or {}).get("datasetId", "")
        if call.session is None:
            names = ScriptEnvironment.of_job(call.project, call.job_id, dataset)
            try:
                return self._run(nodes, replace(call, environment=names))
            finally:
                names.roll_back()
                self._temporary.keep(names)
        with self.sessions.using(call.session) as shared:
            names = shared.copy() if call.is_dry_run else shared
            names.begin_job(call.job_id, dataset)
            try:
                return self._run(nodes, replace(call, environment=names))
            except BaseException:
                if not call.is_dry_run:
                    shared.roll_back()
                raise

    def _run(self, nodes: Sequence[Node], call: QueryCall) -> StatementOutcome:
        while len(nodes) > 1 and _defines_temporary_function(nodes[0]):
            # Temporary functions before a single statement do not make a script of it.
            self.run_one(nodes[0].statement, call)
            nodes = nodes[1:]
        if call.session is None and len(nodes) == 1:
            _check_single(nodes[0])
        if len(nodes) == 1 and isinstance(nodes[0], Simple):
            return self.run_one(nodes[0].statement, replace(call, is_single=call.session is None))
        if len(nodes) == 1 and isinstance(nodes[0], Transact) and not call.is_dry_run:
            return self.transact(nodes[0].kind, call)
        if len(nodes) == 1 and isinstance(nodes[0], CreateProcedure):
            return self.create_procedure(nodes[0], call)
        if call.is_dry_run and not all(isinstance(node, Simple) and not is_temporary(node.statement) for node in nodes):
            # Only a run tells which statements of a script run, and on which tables.
            return StatementOutcome(statistics={"statementType": "SCRIPT"})
        assert call.environment is not None
        return Script(self, call, call.environment).run(nodes)

    def end_session(self, session_id: str, call: QueryCall) -> None:
        """End a session; without an id the session of the call.

        Raises:
            ApiError: 404 for a session that is not open, 400 without an id outside of a session.
        """
        if not session_id and call.session is None:
            raise invalid_query("BQ.ABORT_SESSION() without a session id can only be called in a session")
        self.sessions.end(call.project, session_id or (call.session.session_id if call.session is not None else ""))

    def transact(self, kind: str, call: QueryCall) -> StatementOutcome:
        """BEGIN, COMMIT or ROLLBACK a transaction.

        Raises:
            ApiError: 400 for BEGIN in a transaction, for COMMIT or ROLLBACK outside of one, or for a conflict.
        """
        return transact(kind, call, self._catalog)

    def create_procedure(self, node: CreateProcedure, call: QueryCall) -> StatementOutcome:
        """Store a procedure in its dataset.

        Raises:
            ApiError: 404 for the dataset, 409 if the procedure exists, 400 in a transaction.
        """
        if transaction_of(call) is not None:
            raise invalid_query("CREATE PROCEDURE is not supported inside a transaction")
        return create_procedure(node, call, self._scope(call))

    def procedure(self, path: tuple[str, ...], call: QueryCall) -> dict[str, Any]:
        """Return the `Routine` of a procedure.

        Args:
            path: the parts of its name.
            call: the job.

        Raises:
            ApiError: 404 if it does not exist.
        """
        scope = self._scope(call)
        name = routine_name(path, scope.defaults.project, scope.defaults.default_dataset)
        found = self._catalog.routines.find(name) if name is not None else None
        if found is None or found["routineType"] != PROCEDURE:
            raise not_found(f"Procedure is not found: {name or '.'.join(path)}")
        return found

    def stop(self) -> None:
        """End all sessions."""
        self.sessions.end_all()

    def rows(self, query: exp.Query, call: QueryCall) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return the columns and the rows of a query with which a script computes a value.

        Raises:
            ApiError: the error that the query fails with.
        """
        scope = self._scope(call)
        try:
            with within(transaction_of(call)):
                compiled = self._compiler.query(self._bound(query, call, scope), scope)
                check_limit(compiled, call)
                return compiled.fields, call.cursor.execute(compiled.sql).to_arrow_table().to_pylist()
        except duckdb.Error as error:
            raise statement_error(error, query) from error

    def _scope(self, call: QueryCall) -> Scope:
        default = call.query.get("defaultDataset") or {}
        names = call.environment
        defaults = NameDefaults(
            project=call.project,
            default_project=default.get("projectId", ""),
            default_dataset=names.default_dataset if names is not None else default.get("datasetId", ""),
            temporary=names.temporary if names is not None else {},
        )
        return Scope(catalog=self._catalog, defaults=defaults)

    @staticmethod
    def _bound(statement: exp.Expr, call: QueryCall, scope: Scope) -> exp.Expr:
        is_kept = isinstance(statement, exp.Create) and statement.args.get("kind") in ("VIEW", "FUNCTION")
        if call.environment is not None and not is_kept:
            statement = call.environment.substituted(statement.copy(), scope)
        return bind(statement, call.query.get("queryParameters") or ())

    def run_one(self, statement: exp.Expr, call: QueryCall) -> StatementOutcome:
        """Run one statement.

        Raises:
            ApiError: the error that the statement fails with.
        """
        scope, transaction = self._scope(call), transaction_of(call)
        try:
            with within(transaction):
                bound = self._bound(statement, call, scope)
                if transaction is not None:
                    transaction.check()
                    check_statement(bound, scope)
                outcome = self._dispatch(bound, call, scope)
        except duckdb.Error as error:
            raise statement_error(error, statement) from error
        outcome.transaction_id = transaction.transaction_id if transaction is not None else ""
        if not outcome.is_cached:
            outcome.statistics.setdefault("referencedTables", [name.to_json() for name in scope.found.referenced])
        return outcome

    def _dispatch(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> StatementOutcome:
        if isinstance(statement, exp.Query):
            return self._queries.select(statement, call, scope)
        if isinstance(statement, exp.Command):
            statement = parsed_snapshot(statement)
        if isinstance(statement, exp.Alter) or (
            isinstance(statement, exp.Command) and statement.name.upper() == "ALTER"
        ):
            return self._alters.run(statement, call, scope)
        if isinstance(statement, exp.Create):
            return self._creates.run(statement, call, scope)
        if isinstance(statement, exp.Drop):
            return self._drops.run(statement, call, scope)
        if type(statement) in KINDS:
            return self._changes.run(statement, call, scope)
        if isinstance(statement, exp.Export):
            return self._queries.export(statement, call, scope)
        words = statement.sql("bigquery").split()
        raise unsupported(f"the statement {' '.join(words[:2]).upper()}")


def _defines_temporary_function(node: Node) -> TypeGuard[Simple]:
    return (
        isinstance(node, Simple)
        and isinstance(node.statement, exp.Create)
        and node.statement.args.get("kind") == "FUNCTION"
        and is_temporary(node.statement)
    )


def _check_single(node: Node) -> None:
    if isinstance(node, Transact):
        raise invalid_query("Transaction control statements are supported only in scripts or sessions")
    if not isinstance(node, Simple) or not is_temporary(node.statement):
        return
    if node.statement.args["kind"] == "FUNCTION":
        raise invalid_query("CREATE TEMPORARY FUNCTION statements must be followed by an actual query.")
    raise invalid_query("Use of CREATE TEMPORARY TABLE requires a script or session")
