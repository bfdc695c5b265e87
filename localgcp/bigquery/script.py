"""Scripts: one statement after another, with variables and control structures between them."""

import time
from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlglot import exp

from localgcp.bigquery.ddl import field_of
from localgcp.bigquery.environment import Environment
from localgcp.bigquery.query_call import Outcome, QueryCall
from localgcp.bigquery.query_errors import invalid_query, unsupported
from localgcp.bigquery.schema import Field
from localgcp.bigquery.script_parser import parse_script
from localgcp.bigquery.script_tree import (
    Assert,
    Assign,
    Block,
    Branch,
    Declare,
    Execute,
    ForEach,
    Jump,
    Loop,
    Node,
    Place,
    Raise,
    Simple,
)
from localgcp.bigquery.table_entry import now_ms
from localgcp.bigquery.variables import Variable, cannot_coerce, coercible
from localgcp.errors import ApiError, invalid_argument

_LONGEST_S = 600.0
# Neither is for a handler: the script has to end.
_FINAL = ("stopped", "timeout")
_ON, _BREAK, _CONTINUE = "", "BREAK", "CONTINUE"


class Runner(Protocol):
    """What runs single statements and computes values."""

    def run_one(self, statement: exp.Expr, call: QueryCall) -> Outcome:
        """Run a statement."""

    def rows(self, query: exp.Query, call: QueryCall) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return the columns and the rows of a query."""


class ScriptError(ApiError):
    """An error of a statement, with its place; `plain` is the message without it."""

    def __init__(self, error: ApiError, place: Place) -> None:
        self.plain = error.message
        self.place = place
        prefix = "Query error: " if error.reason == "invalidQuery" else ""
        where = "" if " at [" in error.message else f" at {place}"
        super().__init__(error.code, error.status, f"{prefix}{error.message}{where}", error.reason)


class Script:
    """One run of a script."""

    def __init__(
        self, runner: Runner, call: QueryCall, environment: Environment, longest_s: float = _LONGEST_S
    ) -> None:
        self._runner = runner
        self._call = replace(call, environment=environment)
        self._names = environment
        self._longest_s = longest_s
        self._ends = time.monotonic() + longest_s
        self._handled: list[ScriptError] = []
        self._last = Outcome()
        self._processed = self._billed = 0
        self._rules: dict[type[Node], Callable[[Any], str]] = {
            Simple: self._simple,
            Declare: self._declare,
            Assign: self._assign,
            Block: self._block,
            Branch: self._branch,
            Loop: self._loop,
            ForEach: self._for_each,
            Jump: lambda node: node.kind,
            Raise: self._raise,
            Assert: self._assert,
            Execute: self._execute,
        }

    def run(self, nodes: Sequence[Node]) -> Outcome:
        """Run the script; the outcome is that of its last statement.

        Raises:
            ApiError: what it fails with.
        """
        if self._run(nodes) in (_BREAK, _CONTINUE):
            raise invalid_query("Syntax error: BREAK and CONTINUE are only allowed inside of a loop")
        last = self._last
        last.statistics = {**last.statistics, "statementType": "SCRIPT"}
        last.bytes_processed, last.bytes_billed = self._processed, self._billed
        return last

    def _run(self, nodes: Sequence[Node]) -> str:
        for node in nodes:
            self._check_time()
            try:
                signal = self._rules[type(node)](node)
            except ScriptError:
                raise
            except ApiError as error:
                raise ScriptError(error, node.place) from error
            if signal != _ON:
                return signal
        return _ON

    def _check_time(self) -> None:
        if self._call.children is not None and self._call.children.is_cancelled:
            raise invalid_argument("Job execution was cancelled: User requested cancellation", "stopped")
        if time.monotonic() > self._ends:
            raise invalid_argument(f"Operation timed out after {self._longest_s} seconds.", "timeout")

    # Statements

    def _simple(self, node: Simple) -> str:
        self._statement(node.statement, node.place, self._call)
        return _ON

    def _statement(self, statement: exp.Expr, place: Place, call: QueryCall) -> None:
        children, started = call.children, now_ms()
        if children is not None:
            call = replace(call, job_id=children.next_id())
        try:
            outcome = self._runner.run_one(statement, call)
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

    def _execute(self, node: Execute) -> str:
        text = self._value(node.text).value
        if not isinstance(text, str):
            raise invalid_query("EXECUTE IMMEDIATE needs a STRING that is not NULL")
        nodes = parse_script(text)
        if len(nodes) != 1 or not isinstance(nodes[0], Simple):
            raise unsupported("EXECUTE IMMEDIATE with anything but one query, DML or DDL statement")
        using = [(name, self._value(value)) for name, value in node.using]
        statement = _with_parameters(nodes[0].statement, using)
        if not node.into:
            self._statement(statement, node.place, self._call)
            return _ON
        if not isinstance(statement, exp.Query):
            raise invalid_query("EXECUTE IMMEDIATE ... INTO needs a query")
        fields, rows = self._runner.rows(statement, self._call)
        if len(rows) > 1 or len(fields) != len(node.into):
            raise invalid_query(f"The query must return at most one row with {len(node.into)} columns for INTO")
        for name, item in zip(node.into, fields, strict=True):
            self._names.assign(name, rows[0][item.name] if rows else None)
        return _ON

    # Variables

    def _value(self, expression: exp.Expr, kind: Field | None = None) -> Variable:
        """Compute an expression, of the given type where there is one."""
        expression = _named(expression, kind) if kind is not None else expression
        (item,), (row,) = self._runner.rows(_select(expression), self._call)
        if kind is None or item.duckdb_type == kind.duckdb_type:
            return Variable(item, row[item.name])
        if not coercible(item, kind, expression):
            raise cannot_coerce(expression, item, kind)
        if row[item.name] is None or row[item.name] == []:
            return Variable(kind, row[item.name])
        cast = exp.cast(expression.copy(), exp.DataType.build(kind.standard_type, dialect="bigquery"))
        (item,), (row,) = self._runner.rows(_select(cast), self._call)
        return Variable(kind, row[item.name])

    def _declare(self, node: Declare) -> str:
        kind = field_of(node.kind) if node.kind is not None else None
        if node.default is not None:
            value = self._value(node.default, kind)
        else:
            assert kind is not None
            value = Variable(kind, [] if kind.mode == "REPEATED" else None)
        for name in node.names:
            self._names.declare(name, value)
        return _ON

    def _assign(self, node: Assign) -> str:
        if node.is_system:
            if node.names[0].lower() not in ("dataset_id", "time_zone"):
                raise invalid_query(f"Cannot assign to @@{node.names[0]}")
            if node.names[0].lower() == "time_zone":
                raise unsupported("SET @@time_zone")
            self._names.set_system(dataset_id=self._value(node.value).value)
        elif len(node.names) == 1:
            self._names.assign(node.names[0], self._value(node.value, self._names.variable(node.names[0]).field).value)
        else:
            self._assign_all(node)
        return _ON

    def _assign_all(self, node: Assign) -> None:
        kinds = [self._names.variable(name).field for name in node.names]
        if isinstance(node.value, exp.Tuple):
            _check_count(len(node.value.expressions), len(kinds))
            values = [self._value(item, kind) for item, kind in zip(node.value.expressions, kinds, strict=True)]
        else:
            whole = self._value(_positional(node.value))
            _check_count(len(whole.field.fields), len(kinds))
            parts = [Variable(inner, (whole.value or {}).get(inner.name)) for inner in whole.field.fields]
            values = [self._value(part.literal(), kind) for part, kind in zip(parts, kinds, strict=True)]
        for name, value in zip(node.names, values, strict=True):
            self._names.assign(name, value.value)

    # Control structures

    def _block(self, node: Block) -> str:
        outer = self._names.variables
        self._names.variables = outer.new_child()
        try:
            return self._run(node.body)
        except ScriptError as error:
            if node.handler is None or error.reason in _FINAL:
                raise
            self._names.variables = ChainMap({}, *outer.maps)
            return self._handle(node.handler, error)
        finally:
            self._names.variables = outer

    def _handle(self, handler: Sequence[Node], error: ScriptError) -> str:
        before = dict(self._names.system)
        texts = {
            "error.message": error.plain,
            "error.statement_text": error.place.text,
            "error.formatted_stack_trace": f"At {error.place}",
        }
        self._names.set_system(**texts)
        self._handled.append(error)
        try:
            return self._run(handler)
        finally:
            self._handled.pop()
            self._names.set_system(**{name: before[name].value for name in texts})

    def _holds(self, condition: exp.Expr) -> bool:
        value = self._value(condition)
        if value.field.type != "BOOLEAN" and not isinstance(condition, exp.Null):
            raise invalid_query(f"Expected a condition of type BOOL, found {value.field.standard_type}")
        return bool(value.value)

    def _branch(self, node: Branch) -> str:
        for condition, block in node.branches:
            if condition is None or self._holds(condition):
                return self._run(block.body)
        return _ON

    def _loop(self, node: Loop) -> str:
        while node.condition is None or self._holds(node.condition):
            self._check_time()
            signal = self._run(node.body.body)
            if signal == _BREAK:
                break
            if signal not in (_ON, _CONTINUE):
                return signal
            if node.until is not None and self._holds(node.until):
                break
        return _ON

    def _for_each(self, node: ForEach) -> str:
        assert isinstance(node.query, exp.Query)
        fields, rows = self._runner.rows(node.query, self._call)
        kind = Field(name=node.name, type="RECORD", fields=fields)
        outer = self._names.variables
        try:
            for row in rows:
                self._names.variables = ChainMap({node.name.lower(): Variable(kind, row)}, *outer.maps)
                signal = self._run(node.body.body)
                if signal == _BREAK:
                    break
                if signal not in (_ON, _CONTINUE):
                    return signal
        finally:
            self._names.variables = outer
        return _ON

    def _raise(self, node: Raise) -> str:
        if node.message is not None:
            raise invalid_query(str(self._value(node.message).value))
        if not self._handled:
            raise invalid_query("Cannot re-raise an existing exception outside of an exception handler")
        raise self._handled[-1]

    def _assert(self, node: Assert) -> str:
        if not self._holds(node.condition):
            raise invalid_query(node.description or "Assertion failed")
        return _ON


def _select(expression: exp.Expr) -> exp.Select:
    return exp.Select(expressions=[exp.alias_(expression.copy(), "value")])


def _named(expression: exp.Expr, kind: Field) -> exp.Expr:
    """Give the items of a tuple the names of the STRUCT that they are to make."""
    if not isinstance(expression, exp.Tuple) or len(expression.expressions) != len(kind.fields):
        return expression
    pairs = zip(kind.fields, expression.expressions, strict=True)
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(inner.name), expression=_named(item.copy(), inner))
            for inner, item in pairs
        ]
    )


def _positional(value: exp.Expr) -> exp.Expr:
    """Give names to the columns of `(SELECT AS STRUCT ...)` that have none, and to those of a tuple."""
    value = value.copy()
    select = value.find(exp.Select)
    if isinstance(value, exp.Subquery) and select is not None:
        if len(select.expressions) == 1 and isinstance(select.expressions[0], exp.Tuple):
            select.set("expressions", select.expressions[0].expressions)
        select.set("kind", "STRUCT")
        named = [
            item if isinstance(item, exp.Alias) or item.is_star else exp.alias_(item, f"_field_{index}")
            for index, item in enumerate(select.expressions)
        ]
        select.set("expressions", named)
    return value


def _check_count(found: int, expected: int) -> None:
    if found != expected:
        raise invalid_query(f"Number of variables ({expected}) does not match the number of values ({found})")


def _with_parameters(statement: exp.Expr, values: Sequence[tuple[str, Variable]]) -> exp.Expr:
    named = {name.lower(): value for name, value in values if name}
    positional = iter([value for name, value in values if not name])

    def put(node: exp.Expr) -> exp.Expr:
        found = None
        if isinstance(node, exp.Placeholder) and not node.args.get("this"):
            found = next(positional, None)
        elif isinstance(node, exp.Parameter) and not isinstance(node.this, exp.Parameter):
            found = named.get(node.name.lower())
        return found.literal() if found is not None else node

    return statement.transform(put)
