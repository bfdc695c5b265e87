"""Functions that only change their name, or get the arguments that GoogleSQL lets one leave out."""

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.dialect.nodes import Rule, call
from localgcp.services.bigquery.errors.query import invalid_query


def renamed(name: str, *defaults: str, least: int = 0) -> Rule:
    """Return the rule for a function of another name.

    Args:
        defaults: in DuckDB's SQL, what stands for the last arguments where they are missing.
        least: the arguments that must be there.
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
    """Return a rule that refuses a wrong number of arguments before it reads them."""

    def checked(node: exp.Anonymous) -> exp.Expr:
        check_count(node, least, most)
        return rule(node)

    return checked


def named_arguments(node: exp.Anonymous, least: int, most: int | None) -> tuple[list[exp.Expr], dict[str, exp.Expr]]:
    """Return the arguments by place, and those by name (`name => value`).

    Args:
        least, most: how many there may be by place.

    Raises:
        ApiError: 400 for another number of them.
    """
    placed = [item for item in node.expressions if not isinstance(item, exp.Kwarg)]
    named = {item.name.lower(): item.expression for item in node.expressions if isinstance(item, exp.Kwarg)}
    _check(str(node.this), len(placed), least, most)
    return placed, named


def _check(name: str, count: int, least: int, most: int | None) -> None:
    if count < least or (most is not None and count > most):
        raise no_signature(name, f"it has {count} argument(s)")


def no_signature(name: str, problem: str) -> ApiError:
    """A call with arguments that the function does not take."""
    return invalid_query(f"No matching signature for function {name.upper()}: {problem}")


def integer(node: exp.Expr) -> exp.Expr:
    """Return a whole number that DuckDB may take for one of 32 bits as one of 64."""
    return exp.Var(this=f"{node.name}::BIGINT") if isinstance(node, exp.Literal) and not node.is_string else node
