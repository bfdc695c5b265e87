"""Rules for functions that have another name in DuckDB, or optional arguments; checks of arguments."""

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.dialect.nodes import Rule, call
from localgcp.services.bigquery.errors.query import invalid_query


def renamed(name: str, *defaults: str, least: int = 0) -> Rule:
    """Return the rule for a function with another name in DuckDB.

    Args:
        name: the name in DuckDB.
        defaults: the default values of the last arguments, in DuckDB's SQL.
        least: the number of required arguments.
    """

    def rule(node: exp.Anonymous) -> exp.Expr:
        given = list(node.expressions)
        check_count(node, least, least + len(defaults) if least else None)
        if least:
            given += [exp.Var(this=text) for text in defaults[len(given) - least :]]
        return call(name, *given)

    return rule


def check_count(node: exp.Anonymous, least: int, most: int | None) -> None:
    """Refuse a wrong number of arguments.

    Raises:
        ApiError: 400 in BigQuery's words.
    """
    _check(str(node.this), len(node.expressions), least, most)


def counted(rule: Rule, least: int, most: int | None) -> Rule:
    """Return a rule that first checks the number of arguments."""

    def checked(node: exp.Anonymous) -> exp.Expr:
        check_count(node, least, most)
        return rule(node)

    return checked


def named_arguments(node: exp.Anonymous, least: int, most: int | None) -> tuple[list[exp.Expr], dict[str, exp.Expr]]:
    """Return the positional arguments of a call, and the named ones (`name => value`).

    Args:
        node: the call.
        least, most: how many positional arguments it may have.

    Raises:
        ApiError: 400 for another number.
    """
    placed = [item for item in node.expressions if not isinstance(item, exp.Kwarg)]
    named = {item.name.lower(): item.expression for item in node.expressions if isinstance(item, exp.Kwarg)}
    _check(str(node.this), len(placed), least, most)
    return placed, named


def _check(name: str, count: int, least: int, most: int | None) -> None:
    if count < least or (most is not None and count > most):
        raise no_signature(name, f"it has {count} argument(s)")


def no_signature(name: str, problem: str) -> ApiError:
    """Return the 400 for a call with arguments that the function does not accept."""
    return invalid_query(f"No matching signature for function {name.upper()}: {problem}")


def integer(node: exp.Expr) -> exp.Expr:
    """Return an integer literal with a cast to 64 bits, because DuckDB gives small ones 32; others as they are."""
    return exp.Var(this=f"{node.name}::BIGINT") if isinstance(node, exp.Literal) and not node.is_string else node
