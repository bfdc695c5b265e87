"""Runs a script: its statements as child jobs, and what is between them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.parsing.tree import Call, CreateProcedure, Execute, Node, Simple, SourceSpan, Transact
from localgcp.services.bigquery.scripts.control import BREAK, CONTINUE, ON, ControlStructures
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.errors import ScriptError
from localgcp.services.bigquery.scripts.execute_immediate import results_of, statement_of
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.procedures import run_procedure
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.values import ScriptValues, StatementRunner
from localgcp.services.bigquery.tables.commits import on_behalf_of
from localgcp.services.bigquery.tables.entry import now_ms

_LONGEST_S = 600.0


class Script:
    """One run of a script."""

    def __init__(
        self, runner: StatementRunner, call: QueryCall, environment: ScriptEnvironment, longest_s: float = _LONGEST_S
    ) -> None:
        self._runner = runner
        self._call = replace(call, environment=environment)
        self._names = environment
        self._longest_s = longest_s
        self._ends = time.monotonic() + longest_s
        self._last = StatementOutcome()
        self._processed = self._billed = 0
        self._values = ScriptValues(runner, self._call, environment)
        self._plain: dict[type, Callable[[Any], None]] = {
            Simple: lambda node: self._statement(node.statement, node.place),
            Execute: self._execute,
            Call: self._call_procedure,
            Transact: self._transact,
            CreateProcedure: self._create_procedure,
            **self._values.rules(),
        }
        self._structures = ControlStructures(self._run, self._values, environment).rules()

    def run(self, nodes: Sequence[Node]) -> StatementOutcome:
        """Run the script, and return the outcome of its last statement.

        Raises:
            ApiError: the error of a statement that no handler has handled.
        """
        with on_behalf_of(""):  # no single change is the whole work of the job
            signal = self._run(nodes)
        if signal in (BREAK, CONTINUE):
            raise invalid_query("Syntax error: BREAK and CONTINUE are only allowed inside of a loop")
        last = self._last
        last.statistics = {**last.statistics, "statementType": "SCRIPT"}
        last.bytes_processed, last.bytes_billed = self._processed, self._billed
        return last

    def _run(self, nodes: Sequence[Node]) -> str:
        # Checked before an empty body too, or a loop around it would never end.
        self._check_time()
        for node in nodes:
            signal = self._run_node(node)
            if signal != ON:
                return signal
        return ON

    def _run_node(self, node: Node) -> str:
        self._check_time()
        try:
            if (rule := self._structures.get(type(node))) is not None:
                return rule(node)
            self._plain[type(node)](node)
        except ScriptError:
            raise
        except ApiError as error:
            raise ScriptError(error, node.place) from error
        return ON

    def _check_time(self) -> None:
        if self._call.children is not None and self._call.children.is_cancelled:
            raise invalid_argument("Job execution was cancelled: User requested cancellation", "stopped")
        if time.monotonic() > self._ends:
            raise invalid_argument(f"Operation timed out after {self._longest_s} seconds.", "timeout")

    def _statement(self, statement: exp.Expr, place: SourceSpan) -> None:
        self._step(place, lambda call: self._runner.run_one(statement, call))

    def _step(self, place: SourceSpan, run: Callable[[QueryCall], StatementOutcome]) -> None:
        """Run a statement as a child job."""
        call, children, started = self._call, self._call.children, now_ms()
        if children is not None:
            call = replace(call, job_id=children.next_id())
        try:
            outcome = run(call)
        except ApiError as error:
            located = ScriptError(error, place)
            if children is not None:
                children.add(place, started, located)
            raise located from error
        self._last = replace(outcome, statistics=dict(outcome.statistics))
        self._processed += outcome.bytes_processed
        self._billed += outcome.bytes_billed
        if children is not None:
            children.add(place, started, outcome)
            self._names.set_system(last_job_id=call.job_id)
        changed = outcome.statistics.get("numDmlAffectedRows")
        row_count = self._names.system["row_count"]
        self._names.system["row_count"] = replace(row_count, value=None if changed is None else int(changed))
        self._names.set_counts(self._processed, self._billed, children.count if children is not None else 0)

    def _execute(self, node: Execute) -> None:
        statement = statement_of(node, self._values)
        if not node.into:
            self._statement(statement, node.place)
            return
        for name, value in results_of(statement, node, self._values):
            self._names.assign(name, value)

    def _call_procedure(self, node: Call) -> None:
        if [part.upper() for part in node.name] != ["BQ", "ABORT_SESSION"]:
            run_procedure(node, self._runner.procedure(node.name, self._call), self._names, self._values, self._run)
            return
        session_id = self._values.value(node.arguments[0]).value if node.arguments else ""
        self._runner.end_session(str(session_id), self._call)

    def _create_procedure(self, node: CreateProcedure) -> None:
        self._step(node.place, lambda call: self._runner.create_procedure(node, call))

    def _transact(self, node: Transact) -> None:
        self._step(node.place, lambda call: self._runner.transact(node.kind, call))
