"""SQL functions: a call is replaced by the body of the function, which contains the arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scope.visible_names import is_column


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        name: the name, for messages.
        arguments: names and types; None accepts any type (ANY TYPE).
        body: an expression in which the arguments are columns with the names of `_inner`.
        is_table: whether the body is a query whose rows the function returns.
    """

    name: str
    arguments: tuple[tuple[str, exp.DataType | None], ...]
    body: exp.Expr
    is_table: bool = False

    @property
    def signature(self) -> str:
        """The name with the types of the arguments, for messages."""
        kinds = ", ".join(kind.sql("bigquery") if kind is not None else "ANY TYPE" for _, kind in self.arguments)
        return f"{self.name.upper()}({kinds})"


def function_of(statement: exp.Create, functions: Mapping[str, Function], scope: Scope) -> Function:
    """Return the function that a CREATE FUNCTION statement defines.

    Raises:
        ApiError: 400 for a function in another language than SQL.
    """
    declared = statement.this
    name = declared.this.name
    properties = statement.args["properties"].expressions if statement.args.get("properties") else []
    if any(isinstance(item, exp.LanguageProperty) for item in properties):
        raise unsupported(f"functions in other languages than SQL ({name})")
    arguments = tuple((item.name, _kind(item)) for item in declared.expressions)
    body = statement.args.get("expression")
    if body is None:
        raise invalid_query(f"Function {name} needs a body: AS (expression)")
    body = exp.paren(put_functions(_mark_arguments(body.copy(), [name for name, _ in arguments], scope), functions))
    returns = next((item.this for item in properties if isinstance(item, exp.ReturnsProperty)), None)
    return Function(name, arguments, exp.cast(body, returns) if returns is not None else body)


def _kind(item: exp.ColumnDef) -> exp.DataType | None:
    kind = item.args.get("kind")
    return None if kind is None or kind.is_type("variant") else kind


def _inner(name: str) -> str:
    return f"_argument_{name.lower()}"


def _mark_arguments(body: exp.Expr, names: list[str], scope: Scope) -> exp.Expr:
    lowered = {name.lower() for name in names}
    for node in list(body.find_all(exp.Column)):
        name = node.table or node.name
        if name.lower() not in lowered or node.args.get("db") or is_column(node, name, scope):
            continue
        marked: exp.Expr = exp.column(_inner(name))
        if node.table:
            marked = exp.Dot(this=exp.paren(marked), expression=node.this.copy())
        if node is body:
            return marked
        node.replace(marked)
    return body


def put_functions(statement: exp.Expr, functions: Mapping[str, Function]) -> exp.Expr:
    """Replace each call of some functions in a statement by the body of the function.

    Args:
        statement: the statement; it is changed in place.
        functions: the functions by lower-case name.

    Raises:
        ApiError: 400 for a wrong number of arguments.
    """
    calls = sorted(statement.find_all(exp.Anonymous), key=lambda node: -node.depth) if functions else ()
    for node in calls:
        function = functions.get(str(node.this).lower())
        if function is None:
            continue
        replacement = expanded(function, node)
        if node is statement:
            return replacement
        node.replace(replacement)
    return statement


def expanded(function: Function, node: exp.Anonymous) -> exp.Expr:
    """Return the body of a function with the arguments of a call.

    Raises:
        ApiError: 400 for a wrong number of arguments.
    """
    given = node.expressions
    if len(given) != len(function.arguments):
        raise invalid_query(
            f"Number of arguments does not match for function {function.name.upper()}. "
            f"Supported signature: {function.signature}"
        )
    values = {
        _inner(name): _given(name, value, kind) for (name, kind), value in zip(function.arguments, given, strict=True)
    }
    body = function.body.copy()
    if body.find(exp.Select) is not None and values and not function.is_table:
        # Columns in the arguments belong to the tables around the call, not to those in the body.
        items = [exp.alias_(value, name) for name, value in values.items()]
        source = exp.Subquery(
            this=exp.Select(expressions=items), alias=exp.TableAlias(this=exp.to_identifier("_given"))
        )
        return exp.Subquery(this=exp.Select(expressions=[body], from_=exp.From(this=source)))
    for column in list(body.find_all(exp.Column)):
        if column.name in values and not column.table:
            column.replace(values[column.name].copy())
    return body


def _given(name: str, value: exp.Expr, kind: exp.DataType | None) -> exp.Expr:
    if isinstance(value, exp.Kwarg):
        raise unsupported(f"named arguments of functions ({name} => ...)")
    return exp.cast(value.copy(), kind) if kind is not None else exp.paren(value.copy())
