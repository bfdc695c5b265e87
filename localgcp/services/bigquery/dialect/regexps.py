"""Rules for regular expressions; DuckDB uses RE2, as BigQuery does."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.services.bigquery.errors.query import invalid_query

RULES: Rules = {}


def group_count(pattern: str) -> int:
    """Return the number of capturing groups of a pattern."""
    count = place = 0
    in_class = False
    while place < len(pattern):
        char = pattern[place]
        if char == "\\":
            place += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            # A closing bracket at the start of a class is one of its characters.
            place += 2 if pattern[place + 1 : place + 3] == "^]" else 1 if pattern[place + 1 : place + 2] == "]" else 0
        elif char == "(":
            count += pattern[place + 1 : place + 2] != "?" or pattern[place + 1 : place + 4] == "?P<"
        place += 1
    return count


def _group(name: str, pattern: exp.Expr) -> exp.Expr | None:
    """Return the number of the group to extract, or None if the pattern is not a literal."""
    if not isinstance(pattern, exp.Literal | exp.RawString):
        return None
    if group_count(pattern.name) > 1:
        raise invalid_query(
            "Regular expressions passed into extraction functions must not have more than 1 capturing group "
            f"({name} with {pattern.name})"
        )
    return exp.Literal.number(group_count(pattern.name))


def _extract(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 4)
    text, pattern, *place = node.expressions
    group = _group("REGEXP_EXTRACT", pattern)
    if place:
        nth = place[1] if len(place) > 1 else exp.Var(this="1")
        name = "gs_regexp_nth" if group is not None else "gs_regexp_nth_of"
        return call(name, text, pattern, *([group] if group is not None else []), place[0], nth)
    if group is None:
        return call("gs_regexp_extract_of", text, pattern)
    return call("gs_regexp_extract", text, pattern, group)


def _extract_all(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 2)
    text, pattern = node.expressions
    group = _group("REGEXP_EXTRACT_ALL", pattern)
    if group is None:
        return call("gs_regexp_all_of", text, pattern)
    return call("regexp_extract_all", text, pattern, group)


def _instr(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 2, 5)
    defaults = ("1", "1", "0")
    given = [*node.expressions, *(exp.Var(this=text) for text in defaults[len(node.expressions) - 2 :])]
    return call("gs_regexp_instr", *given)


NAMED: dict[str, Rule] = {
    "REGEXP_EXTRACT": _extract,
    "REGEXP_SUBSTR": _extract,
    "REGEXP_EXTRACT_ALL": _extract_all,
    "REGEXP_INSTR": _instr,
}
