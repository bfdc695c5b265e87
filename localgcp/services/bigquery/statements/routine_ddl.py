"""CREATE and DROP of routines."""

from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.parsing.tree import CreateProcedure
from localgcp.services.bigquery.routines.calls import routine_name
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.routines import FUNCTION, PROCEDURE, TABLE_FUNCTION, RoutineName
from localgcp.services.bigquery.types.standard_types import type_json

_DROPPED = {"FUNCTION": FUNCTION, "TABLE FUNCTION": TABLE_FUNCTION, "PROCEDURE": PROCEDURE}


def create_function(statement: exp.Create, call: QueryCall, scope: Scope) -> StatementOutcome:
    """Store a function or table function in its dataset.

    Raises:
        ApiError: 400 for a function in another language than SQL, 404 for the dataset, 409 if the function exists.
    """
    table, properties = statement.this.this, statement.args.get("properties")
    found = list(properties.expressions) if properties is not None else []
    _check_language(table.name, found)
    body = statement.args.get("expression")
    if body is None:
        raise invalid_query(f"Function {table.name} needs a body: AS (expression)")
    is_table = isinstance(body, exp.Select | exp.SetOperation) or (
        isinstance(body, exp.Subquery) and isinstance(body.this, exp.Select | exp.SetOperation)
    )
    resource: dict[str, Any] = {
        "routineType": TABLE_FUNCTION if is_table else FUNCTION,
        "arguments": [_argument(item) for item in statement.this.expressions],
        "definitionBody": (body.this if isinstance(body, exp.Paren | exp.Subquery) else body).sql("bigquery"),
    }
    for item in found:
        if isinstance(item, exp.ReturnsProperty) and isinstance(item.this, exp.DataType):
            resource["returnType"] = type_json(item.this)
        elif type(item) is exp.Property and item.name.lower() == "description":
            resource["description"] = item.args["value"].name
    kind = "CREATE_TABLE_FUNCTION" if is_table else "CREATE_FUNCTION"
    return _create(kind, _name(table, call, scope), resource, statement.args, call, scope.catalog)


def _check_language(name: str, properties: list[exp.Expr]) -> None:
    for item in properties:
        if isinstance(item, exp.LanguageProperty):
            raise unsupported(f"functions in other languages than SQL ({name}: {item.name})")
        if isinstance(item, exp.RemoteWithConnectionModelProperty):
            raise unsupported(f"remote functions ({name})")


def _argument(item: exp.Expr) -> dict[str, Any]:
    kind = item.args.get("kind")
    if kind is None or kind.is_type("variant"):
        return {"name": item.name, "argumentKind": "ANY_TYPE"}
    return {"name": item.name, "argumentKind": "FIXED_TYPE", "dataType": type_json(kind)}


def create_procedure(node: CreateProcedure, call: QueryCall, scope: Scope) -> StatementOutcome:
    """Store a procedure in its dataset.

    Raises:
        ApiError: 404 for the dataset, 409 if the procedure exists.
    """
    arguments = [
        {"name": name, "argumentKind": "FIXED_TYPE", "mode": mode, "dataType": type_json(kind)}
        for mode, name, kind in node.arguments
    ]
    name = routine_name(node.name, scope.defaults.project, scope.defaults.default_dataset)
    if name is None:
        raise invalid_query(f"Procedure {'.'.join(node.name)} must be qualified with a dataset")
    resource = {"routineType": PROCEDURE, "arguments": arguments, "definitionBody": node.body}
    settings = {"replace": node.replaces, "exists": node.is_if_absent}
    return _create("CREATE_PROCEDURE", name, resource, settings, call, scope.catalog)


def _create(
    kind: str, name: RoutineName, resource: dict[str, Any], settings: dict[str, Any], call: QueryCall, catalog: Catalog
) -> StatementOutcome:
    catalog.datasets.get(name.parent)
    exists = catalog.routines.find(name) is not None
    if exists and settings.get("exists"):
        return _outcome(kind, name, "SKIP")
    if not call.is_dry_run:
        catalog.routines.put(name, resource, replaces=bool(settings.get("replace")))
    return _outcome(kind, name, "REPLACE" if exists else "CREATE")


def drop_routine(statement: exp.Drop, call: QueryCall, scope: Scope) -> StatementOutcome:
    """Remove a function, table function or procedure.

    Raises:
        ApiError: 404 if it does not exist, 400 if it is of another kind.
    """
    word = statement.args["kind"]
    name, names = statement.this.name, call.environment
    if word == "FUNCTION" and not statement.this.db and names is not None and name.lower() in names.functions:
        del names.functions[name.lower()]
        return StatementOutcome(statistics={"statementType": "DROP_FUNCTION", "ddlOperationPerformed": "DROP"})
    routine = _name(statement.this, call, scope)
    kind = f"DROP_{word.replace(' ', '_')}"
    found = scope.catalog.routines.find(routine)
    if found is None:
        if statement.args.get("exists"):
            return _outcome(kind, routine, "SKIP")
        raise routine.missing()
    if found["routineType"] != _DROPPED[word]:
        raise invalid_query(f"{routine} is not a {word}")
    if not call.is_dry_run:
        scope.catalog.routines.delete(routine)
    return _outcome(kind, routine, "DROP")


def _name(table: exp.Table, call: QueryCall, scope: Scope) -> RoutineName:
    dataset = table.db or scope.defaults.default_dataset
    if not dataset:
        raise invalid_query(
            f"Routine name missing dataset while no default dataset is set in the request: {table.name}"
        )
    return RoutineName(table.catalog or call.project, dataset, table.name)


def _outcome(kind: str, name: RoutineName, operation: str) -> StatementOutcome:
    return StatementOutcome(
        statistics={"statementType": kind, "ddlTargetRoutine": name.to_json(), "ddlOperationPerformed": operation}
    )
