"""Prepares INSERT: lists all columns, adds defaults, and refuses values of other types."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from localgcp.services.bigquery.compiler.compiler import Compiler
from localgcp.services.bigquery.dialect.query_parameters import PARAMETER
from localgcp.services.bigquery.errors.places import place
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.types.coercion import coercible, recast
from localgcp.services.bigquery.types.constraints import stored
from localgcp.services.bigquery.types.schema import Field, quote

_GIVEN = "given"
# Up to this many rows of VALUES are checked one by one. Statements with more nearly always come from a program.
_MOST_CHECKED = 50
_INSERTED = "Value has type {} which cannot be inserted into column {}"


def prepared_insert(statement: exp.Insert, entry: TableEntry, compiler: Compiler, scope: Scope) -> exp.Insert:
    """Return an INSERT that lists all columns and has a value of the right type for each.

    Raises:
        ApiError: 400 for a column that does not exist, or a value of another type.
    """
    columns = _columns(statement, entry)
    source = statement.expression
    if columns is None or source is None:
        return statement
    if isinstance(source, exp.Values):
        source, found = _checked_values(source, columns, compiler, scope)
    else:
        source = _distinct(source)
        found = list(_check_query(source, columns, compiler, scope))
    names = [f"c{position}" for position in range(len(columns))]
    values = [exp.Var(this=_converted(*item)) for item in zip(columns, found, names, strict=True)]
    missing = [field for field in entry.fields if field not in columns]
    extra = [(field, default_of(field)) for field in missing if field.default or field.mode == "REPEATED"]
    select = exp.Select(expressions=[*values, *(value for _, value in extra)])
    select.set("from_", exp.From(this=_as_given(source, names)))
    table = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    listed = [exp.to_identifier(field.name, quoted=True) for field in (*columns, *(field for field, _ in extra))]
    changed = statement.copy()
    changed.set("this", exp.Schema(this=table.copy(), expressions=listed))
    changed.set("expression", select)
    return changed


def _columns(statement: exp.Insert, entry: TableEntry) -> list[Field] | None:
    """Return the listed columns, or None if one is a pseudo column such as `_PARTITIONTIME`."""
    if not isinstance(statement.this, exp.Schema):
        return list(entry.fields)
    known = {field.name.lower(): field for field in entry.fields}
    found: list[Field] = []
    for item in statement.this.expressions:
        field = known.get(item.name.lower())
        if field is None and item.name.startswith("_"):
            return None
        if field is None:
            raise invalid_query(f"Column {item.name} is not present in table {entry.name}{place(item)}")
        if field in found:
            raise invalid_query(f"INSERT has columns with duplicate name: {item.name}")
        found.append(field)
    return found


def _distinct(source: exp.Expr) -> exp.Expr:
    """Return a query whose columns have distinct names; INSERT matches columns by position."""
    if not isinstance(source, exp.Select) or source.is_star:
        return source
    names = [item.alias_or_name.lower() for item in source.expressions]
    if len(set(names)) == len([name for name in names if name]):
        return source
    changed = source.copy()
    items = [exp.alias_(item.unalias(), f"c{place}") for place, item in enumerate(changed.expressions)]
    changed.set("expressions", items)
    return changed


def _as_given(source: exp.Expr, names: Sequence[str]) -> exp.Expr:
    alias = exp.TableAlias(
        this=exp.to_identifier(_GIVEN), columns=[exp.to_identifier(name, quoted=True) for name in names]
    )
    if isinstance(source, exp.Values):
        source.set("alias", alias)
        return source
    return exp.Subquery(this=source.copy(), alias=alias)


def _converted(field: Field, found: Field, name: str) -> str:
    nullable = replace(field, mode=_optional(field))
    source = replace(found, mode=_optional(found))
    return stored(nullable, recast(f"{quote(_GIVEN)}.{quote(name)}", source, nullable))


def _optional(field: Field) -> str:
    # DuckDB refuses NULL in REQUIRED columns.
    return "NULLABLE" if field.mode == "REQUIRED" else field.mode


def default_of(field: Field) -> exp.Expr:
    """Return the default value of a column: its DEFAULT, an empty array, or NULL."""
    if field.default is None:
        empty = "[]" if field.mode == "REPEATED" else "NULL"
        return exp.Var(this=f"CAST({empty} AS {field.duckdb_type})")
    (query,) = parse(f"SELECT {field.default}")
    assert isinstance(query, exp.Select)
    value: exp.Expr = query.expressions[0].copy()
    return value


def _checked_values(
    source: exp.Values, columns: Sequence[Field], compiler: Compiler, scope: Scope
) -> tuple[exp.Values, list[Field]]:
    rows: list[exp.Expr] = []
    kinds = list(columns)
    for row in source.expressions:
        values = list(row.expressions) if isinstance(row, exp.Tuple) else [row]
        if len(values) != len(columns):
            raise invalid_query(f"Inserted row has wrong column count; Has {len(values)}, expected {len(columns)}")
        given = [
            default_of(field) if isinstance(value, exp.Var) and value.name.upper() == "DEFAULT" else value
            for value, field in zip(values, columns, strict=True)
        ]
        if len(rows) < _MOST_CHECKED:
            for position, (value, field) in enumerate(zip(given, columns, strict=True)):
                found = check_value(value, field, compiler, scope, _INSERTED)
                if not isinstance(value, exp.Null) and kinds[position] is field:
                    kinds[position] = found
        rows.append(exp.Tuple(expressions=[value.copy() for value in given]))
    return exp.Values(expressions=rows), kinds


def check_value(
    value: exp.Expr, field: Field, compiler: Compiler, scope: Scope, message: str, source: exp.Select | None = None
) -> Field:
    """Return the type of a value, which must be coercible to that of a column.

    Args:
        value: the value.
        field: the column.
        compiler, scope: compile the value.
        message: the start of the error message, with `{}` for the value's type and for the column's name.
        source: a query with the FROM clause that the value may refer to.

    Raises:
        ApiError: 400 for a value of another type.
    """
    found = kind_of(value, compiler, scope, source)
    if not coercible(found, field, value):
        raise invalid_query(f"{message.format(found.standard_type, field.name)}, which has type {field.standard_type}")
    return found


def kind_of(value: exp.Expr, compiler: Compiler, scope: Scope, source: exp.Select | None = None) -> Field:
    """Return the type of a value. Literals and parameters need no query to the planner."""
    if isinstance(parameter := value.meta.get(PARAMETER), Field):
        return parameter
    for kind in _simple_kinds(value):
        return Field(name="value", type=kind)
    select = source.copy() if source is not None else exp.Select()
    select.set("expressions", [exp.alias_(value.copy(), "value")])
    return compiler.query(select, scope.for_part()).fields[0]


def _simple_kinds(value: exp.Expr) -> Iterator[str]:
    if isinstance(value, exp.Literal):
        yield "STRING" if value.is_string else "INTEGER" if value.name.isdigit() else "FLOAT"
    elif isinstance(value, exp.Boolean):
        yield "BOOLEAN"
    elif isinstance(value, exp.Null):
        yield "INTEGER"
    elif isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        yield from _simple_kinds(value.this)


def _check_query(source: exp.Expr, columns: Sequence[Field], compiler: Compiler, scope: Scope) -> Sequence[Field]:
    fields = compiler.query(source, scope).fields
    if len(fields) != len(columns):
        raise invalid_query(f"Inserted row has wrong column count; Has {len(fields)}, expected {len(columns)}")
    written = source.expressions if isinstance(source, exp.Select) and len(source.expressions) == len(fields) else None
    for position, (found, field) in enumerate(zip(fields, columns, strict=True)):
        expression = written[position].unalias() if written is not None else None
        if not coercible(found, field, expression):
            raise invalid_query(
                f"Query column {position + 1} has type {found.standard_type} which cannot be inserted into column "
                f"{field.name}, which has type {field.standard_type}"
            )
    return fields
