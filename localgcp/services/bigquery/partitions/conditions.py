"""The conditions that a statement sets on the columns of one of its tables.

A row that does not meet a condition has no influence on the result. Conditions come from WHERE and from the ON of
joins; also from the queries around a subquery, view or WITH clause if these pass the column on unchanged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

# How the names of the columns start that * leaves out.
_PSEUDO = ("_partition", "_table_")
_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Merge)
# Comparisons that are not true if a side is NULL, as a column is in the rows that an outer join adds.
_REJECT_NULL = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like)
# Functions that return NULL if their operand is NULL.
_STRICT = (
    *(exp.Paren, exp.Cast, exp.Extract, exp.Date, exp.Timestamp, exp.TsOrDsToDatetime),
    *(exp.DateTrunc, exp.DatetimeTrunc, exp.TimestampTrunc),
)
_STRICT_CALLS = (
    "DATE",
    "DATETIME",
    "TIMESTAMP",
    "DATE_TRUNC",
    "DATETIME_TRUNC",
    "TIMESTAMP_TRUNC",
    "PARSE_DATE",
    "SUBSTR",
)
_SUBTOTALS = (exp.Rollup, exp.Cube, exp.GroupingSets)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Attributes:
        test: the condition as the statement writes it.
        source: the name that the table has in the query with the condition.
        names: the columns of the table by their lower-case names in that query.
    """

    test: exp.Expr
    source: str
    names: Mapping[str, str]

    def column(self, node: exp.Expr) -> str | None:
        """Return the column of the table that a node means, or None."""
        if not isinstance(node, exp.Column) or node.table.lower() not in ("", self.source.lower()):
            return None
        return self.names.get(node.name.lower())


def alternatives(source: exp.Expr, names: Mapping[str, str]) -> list[list[Condition]]:
    """Return the conditions on a table as alternatives: a row that has influence meets all conditions of one list.

    Args:
        source: the table or subquery in FROM, JOIN, UPDATE, DELETE or MERGE.
        names: the columns of the source by lower-case name.
    """
    query = source.find_ancestor(*_QUERIES)
    if query is None:
        return [[]]
    here = [Condition(test, source.alias_or_name, names) for test in _tests(source, query)]
    around = list(_around(query, source.alias_or_name, names)) if isinstance(query, exp.Select) else []
    return [[*here, *more] for more in around] or [here]


def _tests(source: exp.Expr, query: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(query, exp.Merge):
        if source is query.this and not _deletes_unmatched(query):
            yield from _conjuncts(query.args["on"])
        return
    where, join = query.args.get("where"), source.parent
    is_added = _is_added(source, query)
    for test in _conjuncts(where.this if where is not None else None):
        if not is_added or _rejects_null(test):
            yield test
    if isinstance(join, exp.Join) and join.side in ("", "LEFT") and join.kind in ("", "INNER"):
        yield from _conjuncts(join.args.get("on"))


def _deletes_unmatched(merge: exp.Merge) -> bool:
    return any(when.args.get("source") and not when.args.get("matched") for when in merge.args["whens"].expressions)


def _is_added(source: exp.Expr, query: exp.Expr) -> bool:
    """Tell whether an outer join may add rows in which the columns of the table are NULL."""
    joins = query.args.get("joins") or []
    if isinstance(source.parent, exp.Join) and source.parent.side in ("LEFT", "FULL"):
        return True
    position = next((index for index, join in enumerate(joins) if join is source.parent), -1)
    return any(join.side in ("RIGHT", "FULL") for join in joins[position + 1 :])


def _rejects_null(test: exp.Expr) -> bool:
    """Tell whether a condition is certainly not true if one of its columns is NULL."""
    if not isinstance(test, _REJECT_NULL):
        return False
    for node in test.find_all(exp.Column):
        side: exp.Expr = node
        while side.parent is not test:
            assert side.parent is not None
            side = side.parent
            is_strict_call = isinstance(side, exp.Anonymous) and str(side.this).upper() in _STRICT_CALLS
            if not is_strict_call and not isinstance(side, _STRICT):
                return False
        if isinstance(test, exp.In) and side.arg_key != "this":
            return False
    return True


def _conjuncts(test: exp.Expr | None) -> Iterator[exp.Expr]:
    if test is None:
        return
    test = test.unnest()
    if isinstance(test, exp.And):
        yield from _conjuncts(test.left)
        yield from _conjuncts(test.right)
    else:
        yield test


def _around(query: exp.Select, source: str, names: Mapping[str, str]) -> Iterator[list[Condition]]:
    """Yield the alternatives of the queries that read the rows of a query."""
    if query.args.get("limit") or query.args.get("offset") or query.find(exp.Window):
        return
    group = query.args.get("group")
    if group is not None and group.find(*_SUBTOTALS):
        # All rows count for a subtotal, in which the column is NULL: no outer condition leaves rows out.
        return
    whole: exp.Expr = query
    while isinstance(whole.parent, exp.SetOperation):
        whole = whole.parent
    seen = _visible(query, _first_names(whole), source, names)
    holder = whole.parent
    if not seen or holder is None:
        return
    if isinstance(holder, exp.CTE):
        if isinstance(holder.parent, exp.With) and holder.parent.args.get("recursive"):
            # A recursive clause reads its own rows, and conditions outside say nothing about these.
            return
        for reference in _references(holder):
            yield from alternatives(reference, seen)
    elif isinstance(holder, exp.Subquery) and isinstance(holder.parent, exp.From | exp.Join):
        yield from alternatives(holder, seen)


def _first_names(query: exp.Expr) -> list[str] | None:
    """Return the names of the columns of a set operation, which its first query gives, or None if they are unknown."""
    if not isinstance(query, exp.SetOperation):
        return None
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    items = query.expressions if isinstance(query, exp.Select) else []
    return [item.alias_or_name for item in items] if not any(item.is_star for item in items) else None


def _visible(query: exp.Select, outer: list[str] | None, source: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of the table that a query passes on unchanged, by their new names."""
    found: dict[str, str] = {}
    for index, item in enumerate(query.expressions):
        if item.is_star:
            found |= {name: column for name, column in names.items() if _is_in_star(item, name, source)}
            continue
        column = Condition(item, source, names).column(item.unalias())
        if column is not None:
            name = outer[index] if outer is not None and index < len(outer) else item.alias_or_name
            found[name.lower()] = column
    return found


def _is_in_star(item: exp.Expr, name: str, source: str) -> bool:
    star = item.find(exp.Star)
    if star is None or (isinstance(item, exp.Column) and item.table.lower() != source.lower()):
        return False
    changed = [*(star.args.get("except_") or []), *(star.args.get("replace") or [])]
    return not name.startswith(_PSEUDO) and name not in {part.alias_or_name.lower() for part in changed}


def _references(clause: exp.CTE) -> Iterator[exp.Expr]:
    holder = clause.find_ancestor(exp.Query, *_QUERIES)
    for table in holder.find_all(exp.Table) if holder is not None else ():
        if not table.db and table.name.lower() == clause.alias.lower():
            yield table
