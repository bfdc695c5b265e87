"""Replaces calls of the functions and table functions that datasets store by their bodies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.parsing.tree import Simple
from localgcp.services.bigquery.routines.functions import Function, expanded, function_of
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.routines import FUNCTION, TABLE_FUNCTION, RoutineName
from localgcp.services.bigquery.types.standard_types import argument_text, type_text

_DEEPEST = 32


def routine_name(path: Sequence[str], project: str, default_dataset: str) -> RoutineName | None:
    """Return the name of the routine that a path means, or None if neither the path nor a default names the dataset."""
    parts = [part for item in path for part in item.split(".")]
    if len(parts) == 1 and default_dataset:
        return RoutineName(project, default_dataset, parts[0])
    if len(parts) in (2, 3):
        return RoutineName(parts[0] if len(parts) == 3 else project, parts[-2], parts[-1])
    return None


def put_routines(statement: exp.Expr, scope: Scope, depth: int = 0) -> exp.Expr:
    """Replace each call of a stored routine in a statement by the body of the routine.

    Raises:
        ApiError: 400 for a routine that does not exist, is of another kind, or has other arguments.
    """
    for call in sorted(statement.find_all(exp.Anonymous), key=lambda node: -node.depth):
        whole, path = _path(call)
        name = routine_name(path, scope.defaults.project, scope.defaults.default_dataset)
        resource = scope.catalog.routines.find(name) if name is not None else None
        if name is None or (resource is None and len(path) == 1 and "." not in path[0]):
            continue
        if resource is None:
            if name.parent not in scope.catalog.datasets:
                # A built-in function with a dot, such as NET.HOST.
                continue
            raise invalid_query(f"Function not found: {'.'.join(path)}")
        if depth >= _DEEPEST:
            raise invalid_query(f"Routines call each other more than {_DEEPEST} deep: {name}")
        replacement = _replacement(whole, call, name, resource, scope, depth)
        if whole is statement:
            return replacement
        whole.replace(replacement)
    return statement


def _path(call: exp.Anonymous) -> tuple[exp.Expr, list[str]]:
    own = call.this.name if isinstance(call.this, exp.Identifier) else str(call.this)
    parent = call.parent
    if isinstance(parent, exp.Table) and call.arg_key == "this":
        return parent, [part for part in (parent.catalog, parent.db) if part] + [own]
    if isinstance(parent, exp.Dot) and call.arg_key == "expression":
        return parent, [item.name for item in parent.this.find_all(exp.Identifier)] + [own]
    return call, [own]


def _replacement(
    whole: exp.Expr, call: exp.Anonymous, name: RoutineName, resource: dict[str, Any], scope: Scope, depth: int
) -> exp.Expr:
    is_table = isinstance(whole, exp.Table)
    if resource["routineType"] != (TABLE_FUNCTION if is_table else FUNCTION):
        raise invalid_query(f"{name} is not a {'table ' if is_table else ''}function")
    inner = scope.of_definition(name.project)
    function = _function(name, resource, inner)
    body = expanded(replace(function, body=put_routines(function.body.copy(), inner, depth + 1)), call)
    if not is_table:
        return body
    alias = whole.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name.routine, quoted=True))
    source = exp.Subquery(this=body.unnest(), alias=alias.copy())
    for part in ("joins", "laterals", "pivots", "sample"):
        if whole.args.get(part):
            source.set(part, whole.args[part])
    return source


def _function(name: RoutineName, resource: dict[str, Any], scope: Scope) -> Function:
    arguments = ", ".join(argument_text(item) for item in resource.get("arguments") or ())
    is_table = resource["routineType"] == TABLE_FUNCTION
    returns = f" RETURNS {type_text(resource['returnType'])}" if resource.get("returnType") and not is_table else ""
    (node,) = parse_script(f"CREATE TEMP FUNCTION _routine({arguments}){returns} AS ({resource['definitionBody']})")
    assert isinstance(node, Simple)
    assert isinstance(node.statement, exp.Create)
    return replace(function_of(node.statement, {}, scope), name=f"{name.dataset}.{name.routine}", is_table=is_table)
