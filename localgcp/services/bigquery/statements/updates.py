"""Prepares UPDATE and MERGE: types of values, fields of RECORDs, and at most one source row for each row."""

from dataclasses import replace

from sqlglot import exp

from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.dialect.nodes import call, native_cast
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.statements.inserts import check_value, default_of
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.types.constraints import has_constraints, stored
from localgcp.services.bigquery.types.schema import Field

DOUBLE_MATCH = "UPDATE/MERGE must match at most one source row for each target row"
_ASSIGNED = "Value of type {} cannot be assigned to {}"
_INSERTED = "Value has type {} which cannot be inserted into column {}"


class PreparedChanges:
    """Prepares the statements that change one table."""

    def __init__(self, entry: TableEntry, compiler: Compiler, scope: Scope) -> None:
        self._entry = entry
        self._compiler = compiler
        self._scope = scope
        self._known = {field.name.lower(): field for field in entry.fields}

    def update(self, statement: exp.Update) -> exp.Update:
        """Return an UPDATE whose values have the types of their columns.

        Raises:
            ApiError: 400 for a value of another type.
        """
        changed = statement.copy()
        source = exp.Select(expressions=[exp.Null()]).from_(changed.this.copy())
        if (others := changed.args.get("from_")) is not None:
            source = source.join(others.this.copy(), join_type="cross")
        self._assign(changed, source)
        return changed

    def merge(self, statement: exp.Merge) -> exp.Merge:
        """Return a MERGE whose values have the types of their columns.

        Raises:
            ApiError: 400 for a value of another type.
        """
        changed = statement.copy()
        both = _joined(changed, exp.Boolean(this=True))
        source = exp.Select(expressions=[exp.Null()]).from_(changed.args["using"].copy())
        for when in changed.args["whens"].expressions:
            action = when.args["then"]
            if isinstance(action, exp.Update):
                self._assign(action, both)
            elif isinstance(action, exp.Insert):
                if isinstance(action.this, exp.Var):
                    self._spell_row(action, changed.args["using"])
                self._check_insert(action, source)
        return changed

    def _spell_row(self, action: exp.Insert, using: exp.Expr) -> None:
        """Write out INSERT ROW: all columns of the source, by position."""
        columns = exp.Select(expressions=[exp.Star()]).from_(using.copy())
        fields = self._compiler.query(columns, self._scope.for_part()).fields
        values = [exp.column(field.name, using.alias_or_name, quoted=True) for field in fields]
        action.set("this", None)
        action.set("expression", exp.Tuple(expressions=values))

    def _check_insert(self, action: exp.Insert, source: exp.Select) -> None:
        listed = action.this.expressions if isinstance(action.this, exp.Tuple) else None
        fields = list(self._entry.fields) if listed is None else [self._field(item.name) for item in listed]
        values = action.expression.expressions
        if len(values) != len(fields):
            raise invalid_query(f"Inserted row has wrong column count; Has {len(values)}, expected {len(fields)}")
        typed: list[exp.Expr] = []
        for value, field in zip(values, fields, strict=True):
            if isinstance(value, exp.Var) and value.name.upper() == "DEFAULT":
                typed.append(default_of(field))
                continue
            check_value(value, field, self._compiler, self._scope, _INSERTED, source)
            typed.append(_typed(value, field))
        action.set("expression", exp.Tuple(expressions=typed))

    def _assign(self, action: exp.Update, source: exp.Select) -> None:
        assignments: dict[str, exp.Expr] = {}
        for item in action.expressions:
            path = _path(item.this, self._known)
            column = self._field(path[0])
            field = _inner(column, path[1:])
            value = item.expression
            if isinstance(value, exp.Column | exp.Var) and value.name.upper() == "DEFAULT":
                value = default_of(field)
            else:
                check_value(value, replace(field, name=".".join(path)), self._compiler, self._scope, _ASSIGNED, source)
                value = _typed(value, field)
            before = assignments.get(column.name)
            whole = before if before is not None else exp.column(column.name, quoted=True)
            assignments[column.name] = _put(whole, column, path[1:], value)
        action.set(
            "expressions",
            [
                exp.EQ(this=exp.column(name, quoted=True), expression=value.copy())
                for name, value in assignments.items()
            ],
        )

    def _field(self, name: str) -> Field:
        field = self._known.get(name.lower())
        if field is None:
            raise invalid_query(f"Column {name} is not present in table {self._entry.name}")
        return field


def double_match_query(statement: exp.Update | exp.Merge) -> exp.Select | None:
    """Return a query that returns a row if two source rows match one target row, or None if that cannot happen."""
    if isinstance(statement, exp.Merge):
        whens = [when for when in statement.args["whens"].expressions if when.args.get("matched")]
        if not whens:
            return None
        conditions = [when.args.get("condition") or exp.Boolean(this=True) for when in whens]
        joined = _joined(statement, statement.args["on"]).where(exp.or_(*(item.copy() for item in conditions)))
    elif (source := statement.args.get("from_")) is not None:
        joined = exp.Select().from_(statement.this.copy()).join(source.this.copy(), join_type="cross")
        joined = joined.where(statement.args["where"].this.copy())
    else:
        return None
    row = exp.column("rowid", statement.this.alias_or_name)
    select: exp.Select = joined.select("1 AS found", append=False).group_by(row).having("COUNT(*) > 1").limit(1)
    return select


def _joined(statement: exp.Merge, on: exp.Expr) -> exp.Select:
    select: exp.Select = exp.Select(expressions=[exp.Null()]).from_(statement.this.copy())
    return select.join(statement.args["using"].copy(), on=on.copy())


def _path(node: exp.Expr, known: dict[str, Field]) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*_path(node.this, known), node.expression.name]
    parts = [part.name for part in node.parts] if isinstance(node, exp.Column) else [node.name]
    # The first part may be the name of the table.
    return parts[1:] if len(parts) > 1 and parts[0].lower() not in known else parts


def _inner(field: Field, path: list[str]) -> Field:
    for name in path:
        found = [inner for inner in field.fields if inner.name.lower() == name.lower()]
        if not found:
            raise invalid_query(f"Field name {name} does not exist in {field.standard_type}")
        field = found[0]
    return field


def _put(whole: exp.Expr, field: Field, path: list[str], value: exp.Expr) -> exp.Expr:
    """Return a STRUCT expression in which one field, at the end of a path, has another value."""
    if not path:
        return value
    members = []
    for inner in field.fields:
        old: exp.Expr = exp.Dot(this=whole.copy(), expression=exp.to_identifier(inner.name, quoted=True))
        new = _put(old, inner, path[1:], value) if inner.name.lower() == path[0].lower() else old
        members.append(exp.PropertyEQ(this=exp.to_identifier(inner.name, quoted=True), expression=new.copy()))
    return exp.Struct(expressions=members)


def _typed(value: exp.Expr, field: Field) -> exp.Expr:
    if not has_constraints(field):
        return native_cast(value.copy(), field.duckdb_type)
    nullable = field.element if field.mode == "REQUIRED" else field
    check = exp.Var(this=f"lambda assigned: {stored(nullable, 'assigned')}")
    one = native_cast(exp.Array(expressions=[value.copy()]), f"{field.duckdb_type}[]")
    return call("list_extract", call("list_transform", one, check), exp.Var(this="1"))
