"""EXECUTE IMMEDIATE: a statement from a string, with values for its parameters."""

from collections.abc import Sequence

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.parsing.tree import Execute, Simple
from localgcp.services.bigquery.scripts.values import ScriptValues
from localgcp.services.bigquery.scripts.variables import Variable


def statement_of(node: Execute, values: ScriptValues) -> exp.Expr:
    """Return the statement in the string, with its parameters replaced.

    Raises:
        ApiError: 400 if the string is not one statement.
    """
    text = values.value(node.text).value
    if not isinstance(text, str):
        raise invalid_query("EXECUTE IMMEDIATE needs a STRING that is not NULL")
    nodes = parse_script(text)
    if len(nodes) != 1 or not isinstance(nodes[0], Simple):
        raise unsupported("EXECUTE IMMEDIATE with anything but one query, DML or DDL statement")
    using = [(name, values.value(value)) for name, value in node.using]
    return _with_parameters(nodes[0].statement, using)


def results_of(statement: exp.Expr, node: Execute, values: ScriptValues) -> list[tuple[str, object]]:
    """Run the query of `EXECUTE IMMEDIATE ... INTO`, and return the new value of each variable.

    Raises:
        ApiError: 400 if it returns more than one row, or another number of columns than there are names.
    """
    if not isinstance(statement, exp.Query):
        raise invalid_query("EXECUTE IMMEDIATE ... INTO needs a query")
    fields, rows = values.rows(statement)
    if len(rows) > 1 or len(fields) != len(node.into):
        raise invalid_query(f"The query must return at most one row with {len(node.into)} columns for INTO")
    return [(name, rows[0][item.name] if rows else None) for name, item in zip(node.into, fields, strict=True)]


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
