"""BigQuery's messages for statements that DuckDB refuses before they run, with line and column."""

import re
from collections.abc import Callable

from sqlglot import exp

from localgcp.services.bigquery.errors.places import function_of, place, place_of_column, place_of_name, written_name
from localgcp.services.bigquery.errors.suggestions import did_you_mean
from localgcp.services.bigquery.errors.syntax import empty_selection
from localgcp.services.bigquery.errors.type_names import standard_name, standard_names

Words = Callable[["re.Match[str]", exp.Expr | None], str]
_PHYSICAL = re.compile(r"t_[0-9a-f]{32}")
_CLAUSES: dict[type[exp.Expr], str] = {exp.Order: "ORDER BY clause", exp.Having: "HAVING clause"}
# The GoogleSQL names of operators that DuckDB's messages name otherwise.
_OPERATORS = {"~~": "LIKE", "<>": "!=", "!~~": "NOT LIKE"}


def analysis_message(text: str, statement: exp.Expr | None) -> str | None:
    """Return BigQuery's message for one of DuckDB's, or None if there is no counterpart.

    Args:
        text: DuckDB's message with its hints and its excerpt of the statement.
        statement: the GoogleSQL statement, for the place.
    """
    for pattern, words in _RULES:
        if match := pattern.search(text):
            return words(match, statement)
    return None


def _unknown_name(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    name = next(value for value in match.groups() if value)
    meant = did_you_mean(name, _candidates(match.string))
    return f"Unrecognized name: {name}{meant}{place_of_name(statement, name)}"


def _unknown_in_table(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    name, table = match["name"], match["table"]
    if _PHYSICAL.fullmatch(table):
        return _unknown_name(match, statement)
    return f"Name {name} not found inside {table}{place_of_name(statement, name)}"


def _candidates(text: str) -> list[str]:
    _, _, rest = text.partition("Candidate bindings:")
    return [item.rpartition(".")[2] for item in re.findall(r'"([^"]+)"', rest.split("\n")[0])]


def _unknown_function(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    name = match["name"].strip('"')
    call = function_of(statement, name)
    # DuckDB's hints are left out: they suggest functions of DuckDB.
    return f"Function not found: {written_name(call) if call is not None else name.upper()}{place(call)}"


def _no_signature(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    name, types = match["name"], standard_names(match["types"])
    if not name.strip('"').isidentifier():
        operator = _OPERATORS.get(name, name)
        return f"No matching signature for operator {operator} for argument types: {types}{_operation(statement, name)}"
    call = function_of(statement, name)
    shown = (written_name(call) if call is not None else name).upper()
    return f"No matching signature for function {shown} for argument types: {types}{place(call)}"


def _not_comparable(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    types = f"{standard_name(match['left'])}, {standard_name(match['right'])}"
    lines = match.string.rstrip().split("\n")
    # In the last line a caret is below the operator.
    found = re.match(r"[<>=!]+|IN\b|BETWEEN\b", lines[-2][len(lines[-1]) - 1 :]) if lines[-1].endswith("^") else None
    operator = found[0] if found is not None else "="
    return (
        f"No matching signature for operator {_OPERATORS.get(operator, operator)} for argument types: {types}"
        f"{_operation(statement, operator)}"
    )


_NODES: dict[str, tuple[type[exp.Expr], ...]] = {
    "+": (exp.Add,),
    "-": (exp.Sub, exp.Neg),
    "*": (exp.Mul,),
    "/": (exp.Div,),
    "~~": (exp.Like,),
    "=": (exp.EQ,),
    "<>": (exp.NEQ,),
    "<": (exp.LT,),
    "<=": (exp.LTE,),
    ">": (exp.GT,),
    ">=": (exp.GTE,),
    "IN": (exp.In,),
    "BETWEEN": (exp.Between,),
}


def _operation(statement: exp.Expr | None, operator: str) -> str:
    """Return the place of the only use of an operator; empty if there are several, as one cannot tell which."""
    kinds = _NODES.get(operator)
    found = list(statement.find_all(*kinds)) if statement is not None and kinds else []
    return place(found[0]) if len(found) == 1 else ""


def _not_grouped(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    name = match["name"].strip('"')
    column = next(
        (item for item in statement.find_all(exp.Column, bfs=False) if item.name == name and not _is_grouped(item))
        if statement is not None else iter(()),
        None,
    )  # fmt: skip
    star = statement.find(exp.Star) if statement is not None and column is None else None
    where = "Star expansion" if star is not None else "SELECT list"
    if column is not None:
        clause = column.find_ancestor(*_CLAUSES, exp.Select)
        where = _CLAUSES.get(type(clause), where) if clause is not None else where
        name = column.sql("bigquery").replace("`", "")
    return (
        f"{where} expression references column {name} which is neither grouped nor aggregated"
        f"{place(column if column is not None else star)}"
    )


def _is_grouped(column: exp.Column) -> bool:
    around = column.find_ancestor(exp.AggFunc, exp.Group, exp.From, exp.Where, exp.Join, exp.Select)
    return around is not None and not isinstance(around, exp.Select)


def _column_counts(_match: "re.Match[str]", statement: exp.Expr | None) -> str:
    for operation in statement.find_all(exp.SetOperation) if statement is not None else ():
        sides: list[exp.Expr] = [operation.this.unnest(), operation.expression.unnest()]
        counts = [len(side.selects) for side in sides if isinstance(side, exp.Query) and not side.is_star]
        if len(counts) == 2 and counts[0] != counts[1]:
            name = f"{type(operation).__name__.upper()} {'DISTINCT' if operation.args.get('distinct') else 'ALL'}"
            numbers = [f"{count} column{'s' if count != 1 else ''}" for count in counts]
            message = f"Queries in {name} have mismatched column count; query 1 has {numbers[0]}, query 2 has "
            return f"{message}{numbers[1]}{place(sides[1])}"
    return "Queries in a set operation have mismatched column count"


def _misplaced(kind: type[exp.Expr], subject: str) -> Words:
    def words(_match: "re.Match[str]", statement: exp.Expr | None) -> str:
        wheres = statement.find_all(exp.Where) if statement is not None else ()
        call = next((found for where in wheres if (found := where.find(kind)) is not None), None)
        called = call.this if isinstance(call, exp.Window) else call
        name = f" {written_name(called).upper()}" if isinstance(called, exp.Func) else ""
        return f"{subject}{name} not allowed in WHERE clause{place(call)}"

    return words


def _ordinal(match: "re.Match[str]", statement: exp.Expr | None) -> str:
    most = int(match["most"])
    kind = exp.Order if match["clause"] == "ORDER" else exp.Group
    clauses = statement.find_all(kind) if statement is not None else ()
    for number in (item for clause in clauses for item in clause.find_all(exp.Literal)):
        if number.is_int and not 1 <= int(number.name) <= most:
            found = f"; found {number.name}{place(number)}"
            break
    else:
        found = ""
    return (
        f"{match['clause']} BY column number item is out of range. Column numbers must be between 1 and {most}{found}"
    )


def _nested_aggregate(statement: exp.Expr) -> exp.Expr | None:
    return next((call for call in statement.find_all(exp.AggFunc) if call.find_ancestor(exp.AggFunc)), None)


def _wide_subquery(statement: exp.Expr) -> exp.Expr | None:
    inner = ((query, query.unnest()) for query in statement.find_all(exp.Subquery))
    return next((query for query, body in inner if isinstance(body, exp.Query) and len(body.selects) > 1), None)


def _fixed(message: str, where: Callable[[exp.Expr], exp.Expr | None]) -> Words:
    def words(match: "re.Match[str]", statement: exp.Expr | None) -> str:
        found = where(statement) if statement is not None else None
        return message.format(**match.groupdict()) + place(found)

    return words


def _named(message: str) -> Words:
    def words(match: "re.Match[str]", statement: exp.Expr | None) -> str:
        return message.format(name=match["name"]) + place_of_column(statement, match["name"])

    return words


_RULES: tuple[tuple["re.Pattern[str]", Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r'Table "(?P<table>[^"]+)" does not have a column named "(?P<name>[^"]+)"', _unknown_in_table),
        (r'Referenced column "([^"]+)" (?:not found|was not found)', _unknown_name),
        (r'does not have a column named "([^"]+)"|Column "([^"]+)" referenced that exists', _unknown_name),
        (r'Referenced table "([^"]+)" not found', _unknown_name),
        (r'Ambiguous reference to column name "(?P<name>[^"]+)"', _named("Column name {name} is ambiguous")),
        (r"(?i)Function with name (?P<name>\S+) does not exist", _unknown_function),
        (r"given name and argument types '(?P<name>[^(]+)\((?P<types>.*)\)'\.", _no_signature),
        (r'for the function call "(?P<name>[^(]+)\((?P<types>.*)\)"\.', _no_signature),
        (r"Cannot compare values of type (?P<left>.+?) and type (?P<right>.+?) - an explicit", _not_comparable),
        (r'(?i)column (?P<name>"[^"]+"|\S+) must appear in the GROUP BY clause', _not_grouped),
        (r"Set operations can only apply to expressions with the same number", _column_counts),
        (r"WHERE clause cannot contain aggregates", _misplaced(exp.AggFunc, "Aggregate function")),
        (r"WHERE clause cannot contain window functions", _misplaced(exp.Window, "Analytic function")),
        (r"(?P<clause>ORDER|GROUP)(?: BY)? term out of range - should be between 1 and (?P<most>\d+)", _ordinal),
        (r"SELECT clause without selection list", lambda _, statement: empty_selection(statement)),
        (
            r"\* expression without FROM clause",
            _fixed("SELECT * must have a FROM clause", lambda node: node.find(exp.Star)),
        ),
        (
            r"aggregate function calls cannot be nested",
            _fixed(
                "Aggregations of aggregations are not allowed",
                _nested_aggregate,
            ),
        ),
        (r'Column "(?P<name>[^"]+)" in EXCLUDE list', _named("Column {name} in SELECT * EXCEPT list does not exist")),
        (r'Column "(?P<name>[^"]+)" in REPLACE list', _named("Column {name} in SELECT * REPLACE list does not exist")),
        (r'Column "(?P<name>[^"]+)" does not exist on', _named("Column {name} in USING clause not found")),
        (r'Could not find key "(?P<name>[^"]+)" in struct', _named("Field name {name} does not exist in the STRUCT")),
        (
            r"Cannot extract field '(?P<name>[^']+)' from expression",
            _named("Cannot access field {name} on a value that is no STRUCT"),
        ),
        (
            r"Subquery returns \d+ columns - expected 1",
            _fixed(
                "Scalar subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values",
                _wide_subquery,
            ),
        ),
    )
)
