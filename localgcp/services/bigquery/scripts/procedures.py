"""CALL: runs the block of a procedure with variables of its own, and returns those that are OUT."""

from collections import ChainMap
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.parsing.tree import Call, Node
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.values import ScriptValues
from localgcp.services.bigquery.scripts.variables import Variable
from localgcp.services.bigquery.types.declarations import field_of
from localgcp.services.bigquery.types.standard_types import type_text

_DEEPEST = 50


def run_procedure(
    node: Call,
    procedure: dict[str, Any],
    names: ScriptEnvironment,
    values: ScriptValues,
    run: Callable[[Sequence[Node]], str],
) -> None:
    """Run the block of a procedure.

    Args:
        node: the CALL statement.
        procedure: the `Routine` resource.
        names: the names of the script that calls it.
        values: computes the arguments.
        run: runs the statements of the block.

    Raises:
        ApiError: the error that a statement fails with, or 400 for arguments that do not fit the procedure.
    """
    arguments, given = procedure.get("arguments") or (), node.arguments
    name = ".".join(node.name)
    if len(arguments) != len(given):
        raise invalid_query(f"Procedure {name} has {len(arguments)} arguments, and is called with {len(given)}")
    frame: dict[str, Variable] = {}
    results: list[tuple[str, str]] = []
    for argument, value in zip(arguments, given, strict=True):
        own, mode = argument["name"].lower(), argument.get("mode") or "IN"
        kind = field_of(exp.DataType.build(type_text(argument["dataType"]), dialect="bigquery"))
        if mode != "IN":
            if not isinstance(value, exp.Column) or value.table or value.name.lower() not in names.variables:
                raise invalid_query(f"The {mode} argument {argument['name']} of {name} must be a variable")
            results.append((own, value.name))
        empty = Variable(kind, [] if kind.mode == "REPEATED" else None)
        frame[own] = empty if mode == "OUT" else values.value(value, kind)
    if names.depth >= _DEEPEST:
        raise invalid_query(f"Procedures call each other more than {_DEEPEST} deep: {name}")
    outer, names.variables, names.depth = names.variables, ChainMap(frame), names.depth + 1
    try:
        run(parse_script(procedure["definitionBody"]))
    finally:
        names.variables, names.depth = outer, names.depth - 1
    for own, target in results:
        names.assign(target, frame[own].value)
