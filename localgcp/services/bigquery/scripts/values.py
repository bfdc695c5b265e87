"""Computes the values of expressions in a script, and assigns them to variables."""

from collections.abc import Callable
from typing import Any, Protocol

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.parsing.tree import Assign, CreateProcedure, Declare
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.variables import Variable, cannot_coerce
from localgcp.services.bigquery.types.coercion import coercible
from localgcp.services.bigquery.types.declarations import field_of
from localgcp.services.bigquery.types.schema import Field


class StatementRunner(Protocol):
    """Runs single statements for a script; `statements.Statements` is one."""

    def run_one(self, statement: exp.Expr, call: QueryCall) -> StatementOutcome:
        """Run a statement and return its outcome."""

    def rows(self, query: exp.Query, call: QueryCall) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return the columns and the rows of a query."""

    def transact(self, kind: str, call: QueryCall) -> StatementOutcome:
        """BEGIN, COMMIT or ROLLBACK a transaction."""

    def create_procedure(self, node: CreateProcedure, call: QueryCall) -> StatementOutcome:
        """Store a procedure in its dataset."""

    def procedure(self, path: tuple[str, ...], call: QueryCall) -> dict[str, Any]:
        """Return the `Routine` of a procedure."""

    def end_session(self, session_id: str, call: QueryCall) -> None:
        """End a session; without an id the session of the call."""


class ScriptValues:
    """Computes the expressions of one script, and sets its variables."""

    def __init__(self, runner: StatementRunner, call: QueryCall, names: ScriptEnvironment) -> None:
        self._runner = runner
        self._call = call
        self._names = names

    def rules(self) -> dict[type, Callable[[Any], None]]:
        """Return the method that runs each kind of statement about variables."""
        return {Declare: self._declare, Assign: self._assign}

    def rows(self, query: exp.Query) -> tuple[tuple[Field, ...], list[dict[str, Any]]]:
        """Return the columns and the rows of a query."""
        return self._runner.rows(query, self._call)

    def value(self, expression: exp.Expr, kind: Field | None = None) -> Variable:
        """Compute an expression.

        Args:
            expression: the expression.
            kind: the type that the value must have, or None for any.

        Raises:
            ApiError: 400 for an invalid expression, or a value of another type.
        """
        expression = _named(expression, kind) if kind is not None else expression
        (item,), (row,) = self.rows(_select(expression))
        if kind is None or item.duckdb_type == kind.duckdb_type:
            return Variable(item, row[item.name])
        if not coercible(item, kind, expression):
            raise cannot_coerce(expression, item, kind)
        if row[item.name] is None or row[item.name] == []:
            return Variable(kind, row[item.name])
        cast = exp.cast(expression.copy(), exp.DataType.build(kind.standard_type, dialect="bigquery"))
        (item,), (row,) = self.rows(_select(cast))
        return Variable(kind, row[item.name])

    def holds(self, condition: exp.Expr) -> bool:
        """Tell whether a condition is TRUE, neither FALSE nor NULL.

        Raises:
            ApiError: 400 if the expression is not a BOOL.
        """
        value = self.value(condition)
        if value.field.type != "BOOLEAN" and not isinstance(condition, exp.Null):
            raise invalid_query(f"Expected a condition of type BOOL, found {value.field.standard_type}")
        return bool(value.value)

    def _declare(self, node: Declare) -> None:
        kind = field_of(node.kind) if node.kind is not None else None
        if node.default is not None:
            value = self.value(node.default, kind)
        else:
            assert kind is not None
            value = Variable(kind, [] if kind.mode == "REPEATED" else None)
        for name in node.names:
            self._names.declare(name, value)

    def _assign(self, node: Assign) -> None:
        if node.is_system:
            self._assign_system(node)
        elif len(node.names) == 1:
            self._names.assign(node.names[0], self.value(node.value, self._names.variable(node.names[0]).field).value)
        else:
            self._assign_all(node)

    def _assign_system(self, node: Assign) -> None:
        if node.names[0].lower() not in ("dataset_id", "time_zone"):
            raise invalid_query(f"Cannot assign to @@{node.names[0]}")
        if node.names[0].lower() == "time_zone":
            raise unsupported("SET @@time_zone")
        self._names.set_system(dataset_id=self.value(node.value).value)

    def _assign_all(self, node: Assign) -> None:
        kinds = [self._names.variable(name).field for name in node.names]
        if isinstance(node.value, exp.Tuple):
            _check_count(len(node.value.expressions), len(kinds))
            values = [self.value(item, kind) for item, kind in zip(node.value.expressions, kinds, strict=True)]
        else:
            whole = self.value(_positional(node.value))
            _check_count(len(whole.field.fields), len(kinds))
            parts = [Variable(inner, (whole.value or {}).get(inner.name)) for inner in whole.field.fields]
            values = [self.value(part.literal(), kind) for part, kind in zip(parts, kinds, strict=True)]
        for name, value in zip(node.names, values, strict=True):
            self._names.assign(name, value.value)


def _select(expression: exp.Expr) -> exp.Select:
    return exp.Select(expressions=[exp.alias_(expression.copy(), "value")])


def _named(expression: exp.Expr, kind: Field) -> exp.Expr:
    """Name the items of a tuple after the fields of the STRUCT that the tuple becomes."""
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
    """Name the columns of `(SELECT AS STRUCT ...)` that have no name, and the items of a tuple."""
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
