"""Rewrites the sources in FROM: UNNEST with offset, PIVOT and UNPIVOT, value tables."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import call, finished, native_cast


def rewrite_sources(statement: exp.Expr) -> None:
    """Rewrite the sources of all SELECTs so that they have the columns and values of GoogleSQL."""
    for unnest in list(statement.find_all(exp.Unnest)):
        _unnest(unnest)
    for pivot in list(statement.find_all(exp.Pivot)):
        _pivot(pivot)
    for select in list(statement.find_all(exp.Select)):
        _value_table(select)
        _name_windows(select)


def _unnest(unnest: exp.Unnest) -> None:
    values = unnest.expressions[0]
    if isinstance(values, exp.Array) and values.expressions and isinstance(values.expressions[0], exp.Struct):
        # If the first row is a STRUCT, the tuples after it are STRUCTs too.
        unnest.set("explode_array", True)
    offset = unnest.args.get("offset")
    if not isinstance(offset, exp.Identifier):
        return
    if unnest.args.get("explode_array"):
        unnest.replace(_rows_with_offset(unnest, values, offset))
    elif (select := unnest.find_ancestor(exp.Select)) is not None:
        _count_from_zero(unnest, offset, select)


def _rows_with_offset(unnest: exp.Unnest, values: exp.Expr, offset: exp.Identifier) -> exp.Expr:
    rows = call("unnest", values.copy(), exp.Kwarg(this=exp.Var(this="max_depth"), expression=exp.Var(this="2")))
    places = exp.alias_(call("unnest", call("gs_places", values.copy())), offset.copy())
    select = finished(exp.Select(expressions=[rows, places]))
    alias = unnest.args.get("alias")
    name = alias.columns[0] if alias is not None and alias.columns else None
    table = exp.TableAlias(this=name.copy()) if name is not None else None
    return exp.Subquery(this=select, alias=table)


def _count_from_zero(unnest: exp.Unnest, offset: exp.Identifier, select: exp.Select) -> None:
    if unnest.args.get("alias") is None:
        # If the value has no name, sqlglot's DuckDB generator leaves out the name of the offset.
        unnest.set("alias", exp.TableAlias(columns=[exp.to_identifier("_value", quoted=True)]))
    for column in list(select.find_all(exp.Column)):
        if column.name.lower() == offset.name.lower() and not column.table and not column.is_star:
            shifted = _less_one(column)
            is_projection = column.parent is select
            column.replace(exp.alias_(shifted, column.name) if is_projection else shifted)
    for star in select.expressions:
        if isinstance(star, exp.Star) and not _names(star, offset.name):
            replaced = star.args.get("replace") or []
            shifted = _less_one(exp.column(offset.name, quoted=True))
            star.set("replace", [*replaced, exp.alias_(shifted, offset.name, quoted=True)])


def _less_one(column: exp.Expr) -> exp.Expr:
    return exp.paren(exp.Sub(this=column.copy(), expression=exp.Literal.number(1)))


def _names(star: exp.Star, name: str) -> bool:
    given = [*(star.args.get("except_") or []), *(star.args.get("replace") or [])]
    return any(item.alias_or_name.lower() == name.lower() for item in given)


def _pivot(pivot: exp.Pivot) -> None:
    source = pivot.parent
    if source is None or len(source.args.get("pivots") or []) != 1 or len(pivot.args["fields"]) != 1:
        return
    alias = pivot.args.get("alias")
    bare = source.copy()
    if pivot.args.get("unpivot"):
        bare.args["pivots"][0].set("alias", None)
        select = _unpivoted(bare, pivot.args["fields"][0])
    else:
        bare.set("pivots", None)
        select = _pivoted(bare, pivot)
    source.replace(exp.Subquery(this=select, alias=alias.copy() if alias is not None else None))


def _pivoted(source: exp.Expr, pivot: exp.Pivot) -> exp.Expr:
    """Write out PIVOT: each aggregate over the rows of each value, grouped by all columns that PIVOT does not name."""
    choice = pivot.args["fields"][0]
    used = {column.name: column for part in (*pivot.expressions, choice.this) for column in part.find_all(exp.Column)}
    items: list[exp.Expr] = [exp.Star(except_=[exp.to_identifier(name, quoted=True) for name in used])]
    for value in choice.expressions:
        for aggregate in pivot.expressions:
            is_this = exp.NullSafeEQ(this=choice.this.copy(), expression=value.unalias().copy())
            found = exp.Filter(this=aggregate.unalias().copy(), expression=exp.Where(this=is_this))
            given = value.args["alias"].name if isinstance(value, exp.PivotAlias) else _value_name(value)
            name = f"{aggregate.alias}_{given}" if aggregate.alias else given
            items.append(exp.alias_(found, name, quoted=True))
    select = exp.Select(expressions=items).from_(source)
    select.set("group", exp.Group(all=True))
    return select


def _value_name(value: exp.Expr) -> str:
    """Return the name of the column for a value of PIVOT: `_1`, `minus_1`, `_1_point_5`, `_2024_01_31`."""
    if isinstance(value, exp.Neg):
        return "minus" + _value_name(value.this)
    if isinstance(value, exp.Literal) and not value.is_string:
        return "_" + value.name.replace(".", "_point_")
    if isinstance(value, exp.Null | exp.Boolean):
        return str(value.sql("bigquery")).upper()
    if isinstance(value, exp.Cast):
        text = _value_name(value.this)
        return "_" + text.replace("-", "_") if value.is_type("date") else text
    return str(value.name)


def _unpivoted(source: exp.Expr, choice: exp.In) -> exp.Expr:
    """Rewrite UNPIVOT: GoogleSQL has the name column last, and allows numbers as labels."""
    name = exp.column(choice.this.name, quoted=True)
    labels = [item.args["alias"] for item in choice.expressions if isinstance(item, exp.PivotAlias)]
    is_number = bool(labels) and not any(label.is_string for label in labels if isinstance(label, exp.Literal))
    label = native_cast(name.copy(), "BIGINT") if is_number and isinstance(labels[0], exp.Literal) else name.copy()
    star = exp.Star(except_=[exp.to_identifier(choice.this.name, quoted=True)])
    return exp.Select(expressions=[star, exp.alias_(label, choice.this.name, quoted=True)]).from_(source)


def _value_table(select: exp.Select) -> None:
    """Rewrite SELECT AS STRUCT and AS VALUE: as a source, a value table of STRUCTs has their fields as columns."""
    kind = select.args.get("kind")
    if kind is None:
        return
    if not _is_source(select):
        if kind == "STRUCT" and select.args.get("from_") and any(item.is_star for item in select.expressions):
            _make_row(select)
        return
    if kind == "VALUE":
        value = select.expressions[0].unalias()
        if isinstance(value, exp.Struct):
            select.set("expressions", [_column(item) for item in value.expressions])
        else:
            # Only the types tell whether the value is a STRUCT.
            select.set("expressions", [call("gs_value_row", value)])
            finished(select)
    select.set("kind", None)


def _make_row(select: exp.Select) -> None:
    """Rewrite SELECT AS STRUCT with a star: in DuckDB the alias of a subquery is its row."""
    inner = select.copy()
    inner.set("kind", None)
    row = exp.select(exp.column("_row")).from_(
        exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("_row")))
    )
    select.replace(row)


def _column(item: exp.Expr) -> exp.Expr:
    return exp.alias_(item.expression, item.name, quoted=True) if isinstance(item, exp.PropertyEQ) else item


def _is_source(select: exp.Select) -> bool:
    outer = select.parent
    while isinstance(outer, exp.SetOperation | exp.Subquery):
        outer = outer.parent
    return outer is None or isinstance(outer, exp.From | exp.Join | exp.CTE | exp.Create | exp.Insert)


def _name_windows(select: exp.Select) -> None:
    """Write out windows that are defined as another name of a window, which DuckDB does not accept."""
    windows = {window.name.lower(): window for window in select.args.get("windows") or []}
    for window in windows.values():
        base = window.args.get("alias")
        known = windows.get(base.name.lower()) if base is not None else None
        parts = ("partition_by", "order", "spec")
        if known is not None and not any(window.args.get(part) for part in parts):
            for part in (*parts, "alias"):
                window.set(part, known.copy().args.get(part))
