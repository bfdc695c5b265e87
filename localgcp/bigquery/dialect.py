"""GoogleSQL functions that sqlglot hands over to DuckDB with another meaning: rewritten before the translation.

Each rule works on the parsed GoogleSQL and yields nodes that DuckDB's writer renders as they are.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from localgcp.bigquery.dialect_lists import bracket, like, limited, position, rounded, sha2, substring
from localgcp.bigquery.dialect_weeks import first_day, last_day, week_start
from localgcp.bigquery.nodes import FINISHED, call, finished, in_try, render
from localgcp.bigquery.query_errors import invalid_query, unsupported

Rule = Callable[[Any], exp.Expr]
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.IntDiv, exp.Neg)


def rewrite(statement: exp.Expr) -> exp.Expr:
    """Return the statement with the meaning that GoogleSQL gives it, in functions of DuckDB.

    Raises:
        ApiError: 400 naming a function or clause that cannot be translated.
    """
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise unsupported(f"the table function {table.this.sql('bigquery').split('(')[0]}")
        if table.args.get("version") is not None:
            raise unsupported("FOR SYSTEM_TIME AS OF")
    for unnest in list(statement.find_all(exp.Unnest)):
        _count_offsets_from_zero(unnest)
    statement = _rewritten(statement)
    for select in statement.find_all(exp.Select):
        _name_columns(select)
    return statement


def _count_offsets_from_zero(unnest: exp.Unnest) -> None:
    offset, select = unnest.args.get("offset"), unnest.find_ancestor(exp.Select)
    if select is None or not isinstance(offset, exp.Identifier):
        return
    if unnest.args.get("alias") is None:
        # Without a name for the value DuckDB's writer would leave out that of the offset.
        unnest.set("alias", exp.TableAlias(columns=[exp.to_identifier("_value", quoted=True)]))
    for column in list(select.find_all(exp.Column)):
        if column.name.lower() == offset.name.lower() and not column.table:
            shifted = exp.paren(exp.Sub(this=column.copy(), expression=exp.Literal.number(1)))
            is_projection = column.parent is select
            column.replace(exp.alias_(shifted, column.name) if is_projection else shifted)


def _apply(node: exp.Expr) -> exp.Expr:
    rule = _RULES.get(type(node)) if not node.meta.get(FINISHED) else None
    return rule(node) if rule is not None else node


def _rewritten(root: exp.Expr) -> exp.Expr:
    """Apply the rules from the outside to the inside, also within what a rule has put in."""
    root = _apply(root)
    pending = [root]
    while pending:
        for child in list(pending.pop().iter_expressions()):
            parent, key, index = child.parent, child.arg_key, child.index
            changed = _apply(child)
            if changed is not child and parent is not None and key is not None:
                parent.set(key, changed, index)
            pending.append(changed)
    return root


def _literal(node: exp.Literal) -> exp.Expr:
    if node.is_string:
        return node
    if not re.fullmatch(r"\d+", node.name):
        # DuckDB reads 1.5 as DECIMAL, GoogleSQL as FLOAT64.
        return exp.Var(this=node.name if "e" in node.name.lower() else f"{node.name}e0")
    if isinstance(node.parent, _ARITHMETIC):
        # DuckDB reads small whole numbers as 32 bits, and their sums overflow there.
        return exp.Var(this=f"CAST({node.name} AS BIGINT)")
    return node


def _bytes(node: exp.ByteString) -> exp.Expr:
    content = node.name.encode().decode("unicode_escape").encode("latin-1")
    return call("unhex", exp.Literal.string(content.hex()))


def _division(node: exp.Div | exp.Mod | exp.IntDiv) -> exp.Expr:
    if not node.meta.get("is_safe"):
        divisor = node.expression
        safe = exp.Nullif(this=divisor, expression=exp.Var(this="0")) if in_try(node) else None
        node.set("expression", safe or _not_zero(divisor))
    return node


def _not_zero(divisor: exp.Expr) -> exp.Expr:
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return divisor
    failure = call("error", exp.Literal.string("division by zero"))
    return exp.Paren(
        this=exp.Case(
            ifs=[exp.If(this=exp.EQ(this=exp.paren(divisor), expression=exp.Literal.number(0)), true=failure)],
            default=divisor.copy(),
        )
    )


def _safe_divide(node: exp.SafeDivide) -> exp.Expr:
    nonzero = exp.Nullif(this=node.expression, expression=exp.Literal.number(0))
    quotient = exp.Div(this=exp.paren(node.this), expression=nonzero)
    quotient.meta["is_safe"] = True
    return exp.paren(quotient)


def _safe(node: exp.SafeFunc) -> exp.Expr:
    inner = node.this
    if isinstance(inner, exp.Div | exp.Mod | exp.IntDiv):
        # TRY does not go with error(), which `_not_zero` would put in.
        inner = type(inner)(this=inner.this, expression=exp.Nullif(this=inner.expression, expression=exp.Var(this="0")))
        inner.meta["is_safe"] = True
    return call("TRY", inner)


def _approx_quantiles(node: exp.ApproxQuantiles) -> exp.Expr:
    count = int(node.expression.name)
    cuts = exp.Array(expressions=[exp.Var(this=repr(index / count)) for index in range(count + 1)])
    return call("quantile_disc", node.this, cuts)


def _format(node: exp.Format) -> exp.Expr:
    if not isinstance(node.this, exp.Literal) or re.search(r"%[^%]*[tTpP]", node.name):
        raise unsupported("FORMAT with %t, %T, %p or a computed format")
    # DuckDB writes the flag for thousands as a comma.
    return call("printf", exp.Literal.string(re.sub(r"%'", "%,", node.name)), *node.expressions)


def _extract(node: exp.Extract) -> exp.Expr:
    part = node.this.sql("bigquery").upper()
    if (first := first_day(part)) is not None:
        return call("gs_week", node.expression, first)
    if part == "DAYOFWEEK":
        # Sunday is 1 in GoogleSQL and 0 in DuckDB.
        return exp.Paren(this=exp.Add(this=call("dayofweek", node.expression), expression=exp.Literal.number(1)))
    names = {"DATE": "DATE", "TIME": "TIME", "DATETIME": "TIMESTAMP"}
    if part in names:
        return exp.cast(node.expression, names[part], dialect="duckdb")
    renamed = {"ISOWEEK": "WEEK", "MILLISECOND": "MILLISECOND", "MICROSECOND": "MICROSECOND"}.get(part, part)
    value = finished(exp.Extract(this=exp.Var(this=renamed), expression=node.expression))
    if part in ("MILLISECOND", "MICROSECOND"):
        # DuckDB counts the whole seconds too.
        modulus = {"MILLISECOND": 1_000, "MICROSECOND": 1_000_000}[part]
        return exp.paren(exp.Mod(this=value, expression=exp.Literal.number(modulus)))
    return value


def _date_shift(node: exp.DateAdd | exp.DateSub | exp.DateFromUnixDate) -> exp.Expr:
    # A date and an interval give a timestamp in DuckDB.
    return exp.cast(_Done.of(node), "DATE", dialect="duckdb")


def _timestamp_diff(node: exp.TimestampDiff) -> exp.Expr:
    # TIMESTAMP_DIFF counts whole units, DATE_DIFF and DATETIME_DIFF count boundaries.
    return call("date_sub", exp.Literal.string(node.text("unit").lower()), node.expression, node.this)


def _date_diff(node: exp.DateDiff | exp.DatetimeDiff) -> exp.Expr:
    if (first := first_day(_unit(node))) is not None:
        return call("gs_week_diff", node.this, node.expression, first)
    return node


def _date_trunc(node: exp.DateTrunc) -> exp.Expr:
    if (first := first_day(_unit(node))) is not None:
        return week_start(node.this, first, "DATE")
    return exp.cast(call("date_trunc", _trunc_part(node), node.this), "DATE", dialect="duckdb")


def _time_trunc(node: exp.TimestampTrunc | exp.DatetimeTrunc) -> exp.Expr:
    # Of the units only weeks have another meaning; the rest, and time zones, are sqlglot's.
    first = first_day(_unit(node))
    if first is None:
        node.set("unit", exp.Var(this=_trunc_part(node).name.upper()))
        return node
    if node.args.get("zone") is not None:
        raise unsupported(f"a truncation to {_unit(node)} in a time zone; ISOWEEK is supported")
    return week_start(node.this, first, "TIMESTAMP" if isinstance(node, exp.DatetimeTrunc) else "TIMESTAMPTZ")


def _trunc_part(node: exp.DateTrunc | exp.TimestampTrunc | exp.DatetimeTrunc) -> exp.Expr:
    return exp.Literal.string("week" if _unit(node) == "ISOWEEK" else _unit(node).lower())


def _unit(node: exp.Expr) -> str:
    unit = node.args["unit"]
    return str(unit.name if isinstance(unit, exp.Var | exp.Literal) else unit.sql("bigquery")).upper()


def _parse_timestamp(node: exp.StrToTime) -> exp.Expr:
    return exp.cast(_Done.of(node), "TIMESTAMPTZ", dialect="duckdb")


def _timestamp_of_unix(node: exp.UnixToTime) -> exp.Expr:
    return exp.cast(_Done.of(node), "TIMESTAMPTZ", dialect="duckdb")


def _regexp_extract(node: exp.RegexpExtract) -> exp.Expr:
    pattern = node.expression
    group = exp.Literal.number(_group_count(pattern))
    place, nth = node.args.get("position"), node.args.get("occurrence")
    if place is not None:
        return call("gs_regexp_nth", node.this, pattern, group, place, nth or exp.Var(this="1"))
    matches = call("regexp_matches", node.this, pattern)
    return exp.Case(ifs=[exp.If(this=matches, true=call("regexp_extract", node.this.copy(), pattern.copy(), group))])


def _group_count(pattern: exp.Expr) -> int:
    if not isinstance(pattern, exp.Literal | exp.RawString):
        return 0
    try:
        return re.compile(pattern.name).groups
    except re.error as error:
        raise invalid_query(f"Cannot parse regular expression: {error}") from error


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    if not isinstance(node.this, exp.ArrayAgg):
        return node
    limit = node.this.this if isinstance(node.this.this, exp.Limit) else None
    value = node.this.this if limit is None else limit.this
    aggregate = exp.ArrayAgg(this=value)
    value = value.this if isinstance(value, exp.Order) else value
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    found = exp.Filter(
        this=aggregate, expression=exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    )
    return found if limit is None else call("list_slice", found, exp.Var(this="1"), limit.expression)


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    name = str(node.this).upper()
    arguments = node.expressions
    if name == "IEEE_DIVIDE":
        return exp.paren(finished(exp.Div(this=exp.cast(arguments[0], "DOUBLE"), expression=arguments[1])))
    if name in _SAFE_OPERATIONS:
        return call("TRY", _SAFE_OPERATIONS[name](this=exp.paren(arguments[0]), expression=exp.paren(arguments[1])))
    return node


def _safe_operation(operation: type[exp.Binary]) -> Rule:
    return lambda node: call("TRY", operation(this=exp.paren(node.this), expression=exp.paren(node.expression)))


def _time_text(node: exp.TimeToStr) -> exp.Expr:
    unknown = re.search(r"%(E|[sQCZzGP])", node.text("format"))
    if unknown is not None or not isinstance(node.args["format"], exp.Literal):
        raise unsupported(f"{unknown[0] if unknown else 'a computed format'} in FORMAT_DATE and the like")
    if (zone := node.args.get("zone")) is not None:
        local = exp.AtTimeZone(this=exp.cast(node.this.this, "TIMESTAMPTZ", dialect="duckdb"), zone=zone)
        return call("strftime", exp.paren(local), node.args["format"])
    return node


def _range_bucket(node: exp.RangeBucket) -> exp.Expr:
    bounds, point = render(node.expression), render(node.this)
    return exp.Var(this=f"len(list_filter({bounds}, lambda bound: bound <= {point}))")


class _Done(exp.Var):
    """A node that is rendered once and not rewritten again."""

    @classmethod
    def of(cls, node: exp.Expr) -> exp.Expr:
        """Render the node in DuckDB's SQL, its arguments rewritten."""
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Expr):
                node.set(key, _rewritten(value.copy()))
        return exp.paren(exp.Var(this=render(node)))


_SAFE_OPERATIONS: dict[str, type[exp.Binary]] = {
    "SAFE_ADD": exp.Add,
    "SAFE_SUBTRACT": exp.Sub,
    "SAFE_MULTIPLY": exp.Mul,
}

__all__ = ["call", "render", "rewrite"]

_RULES: dict[type[exp.Expr], Rule] = {
    exp.Literal: _literal,
    exp.ByteString: _bytes,
    exp.Div: _division,
    exp.Mod: _division,
    exp.IntDiv: _division,
    exp.SafeDivide: _safe_divide,
    exp.SafeFunc: _safe,
    exp.SafeAdd: _safe_operation(exp.Add),
    exp.SafeSubtract: _safe_operation(exp.Sub),
    exp.SafeMultiply: _safe_operation(exp.Mul),
    exp.ApproxQuantiles: _approx_quantiles,
    exp.Format: _format,
    exp.Extract: _extract,
    exp.DateAdd: _date_shift,
    exp.DateSub: _date_shift,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.DatetimeTrunc: _time_trunc,
    exp.TimestampTrunc: _time_trunc,
    exp.DatetimeDiff: _date_diff,
    exp.TimestampDiff: _timestamp_diff,
    exp.StrToTime: _parse_timestamp,
    exp.UnixToTime: _timestamp_of_unix,
    exp.RegexpExtract: _regexp_extract,
    exp.IgnoreNulls: _ignore_nulls,
    exp.RangeBucket: _range_bucket,
    exp.Anonymous: _anonymous,
    exp.ArrayAgg: limited,
    exp.GroupConcat: limited,
    exp.Bracket: bracket,
    exp.LastDay: last_day,
    exp.Like: like,
    exp.Round: rounded,
    exp.SHA2: sha2,
    exp.StrPosition: position,
    exp.Substring: substring,
    exp.TimeToStr: _time_text,
    exp.DateFromUnixDate: _date_shift,
}


def _name_columns(select: exp.Select) -> None:
    """Name each column as BigQuery does: as the query writes it, or f0_, f1_, ... where it has no name."""
    if select.args.get("kind"):
        return
    unnamed = 0
    named = []
    for item in select.expressions:
        if isinstance(item, exp.Alias) or item.is_star:
            named.append(item)
            continue
        name = item.name if isinstance(item, exp.Column | exp.Dot) else ""
        if not name:
            name, unnamed = f"f{unnamed}_", unnamed + 1
        named.append(exp.alias_(item, name, quoted=True))
    select.set("expressions", named)
