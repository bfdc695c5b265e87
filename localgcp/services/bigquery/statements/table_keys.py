"""Primary and foreign keys of CREATE TABLE, as the REST API names them."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.tables.names import TableName

NameOf = Callable[[exp.Table], TableName]


def keys_of(schema: exp.Schema, name_of: NameOf) -> dict[str, Any]:
    """Return the `tableConstraints` setting of a column list; empty without keys.

    Raises:
        ApiError: 400 for an invalid name of a table.
    """
    keys: dict[str, Any] = {}
    for column in schema.expressions:
        if isinstance(column, exp.PrimaryKey):
            keys["primaryKey"] = {"columns": [item.name for item in column.expressions]}
        elif isinstance(column, exp.ColumnDef) and column.find(exp.PrimaryKeyColumnConstraint):
            keys["primaryKey"] = {"columns": [column.name]}
    foreign = [key for item in schema.expressions for key in _foreign(item, name_of)]
    if foreign:
        keys["foreignKeys"] = foreign
    return {"tableConstraints": keys} if keys else {}


def _foreign(item: exp.Expr, name_of: NameOf) -> Iterator[dict[str, Any]]:
    if isinstance(item, exp.ColumnDef):
        for constraint in item.args.get("constraints") or ():
            if isinstance(constraint.args.get("kind"), exp.Reference):
                yield _key("", [item.name], constraint.args["kind"], name_of)
    elif isinstance(item, exp.ForeignKey):
        yield _key("", [column.name for column in item.expressions], item.args["reference"], name_of)
    elif isinstance(item, exp.Constraint):
        for key in item.find_all(exp.ForeignKey):
            yield _key(item.name, [column.name for column in key.expressions], key.args["reference"], name_of)


def _key(name: str, columns: list[str], reference: exp.Reference, name_of: NameOf) -> dict[str, Any]:
    target = reference.this
    pairs = zip(columns, target.expressions, strict=False)
    return {
        **({"name": name} if name else {}),
        "referencedTable": name_of(target.this).to_json(),
        "columnReferences": [{"referencingColumn": ours, "referencedColumn": theirs.name} for ours, theirs in pairs],
    }
