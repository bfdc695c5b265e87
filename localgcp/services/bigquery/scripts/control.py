"""Runs the blocks, branches and loops of a script, and raises and handles its errors."""

from collections import ChainMap
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.parsing.tree import Assert, Block, Branch, ForEach, Jump, Loop, Node, Raise
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.errors import ScriptError
from localgcp.services.bigquery.scripts.values import ScriptValues
from localgcp.services.bigquery.scripts.variables import Variable
from localgcp.services.bigquery.types.schema import Field

# How a statement ends: the script goes on to the next one, or jumps.
ON, BREAK, CONTINUE = "", "BREAK", "CONTINUE"


class ControlStructures:
    """Runs the control structures of one script."""

    def __init__(self, run: Callable[[Sequence[Node]], str], values: ScriptValues, names: ScriptEnvironment) -> None:
        """Set what the structures work with.

        Args:
            run: runs the statements inside, and returns how they ended.
            values: computes conditions and messages.
            names: the variables of the script.
        """
        self._run = run
        self._values = values
        self._names = names
        self._handled: list[ScriptError] = []

    def rules(self) -> dict[type[Node], Callable[[Any], str]]:
        """Return the method that runs each kind of structure and returns how it ended."""
        return {
            Block: self._block,
            Branch: self._branch,
            Loop: self._loop,
            ForEach: self._for_each,
            Jump: lambda node: node.kind,
            Raise: self._raise,
            Assert: self._assert,
        }

    def _block(self, node: Block) -> str:
        outer = self._names.variables
        self._names.variables = outer.new_child()
        try:
            return self._run(node.body)
        except ScriptError as error:
            if node.handler is None or error.is_final:
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

    def _branch(self, node: Branch) -> str:
        for condition, block in node.branches:
            if condition is None or self._values.holds(condition):
                return self._run(block.body)
        return ON

    def _loop(self, node: Loop) -> str:
        while node.condition is None or self._values.holds(node.condition):
            signal = self._run(node.body.body)
            if signal == BREAK:
                break
            if signal not in (ON, CONTINUE):
                return signal
            if node.until is not None and self._values.holds(node.until):
                break
        return ON

    def _for_each(self, node: ForEach) -> str:
        assert isinstance(node.query, exp.Query)
        fields, rows = self._values.rows(node.query)
        kind = Field(name=node.name, type="RECORD", fields=fields)
        outer = self._names.variables
        try:
            for row in rows:
                self._names.variables = ChainMap({node.name.lower(): Variable(kind, row)}, *outer.maps)
                signal = self._run(node.body.body)
                if signal == BREAK:
                    break
                if signal not in (ON, CONTINUE):
                    return signal
        finally:
            self._names.variables = outer
        return ON

    def _raise(self, node: Raise) -> str:
        if node.message is not None:
            raise invalid_query(str(self._values.value(node.message).value))
        if not self._handled:
            raise invalid_query("Cannot re-raise an existing exception outside of an exception handler")
        raise self._handled[-1]

    def _assert(self, node: Assert) -> str:
        if not self._values.holds(node.condition):
            raise invalid_query(node.description or "Assertion failed")
        return ON
