"""Functions that only change their name, or get the arguments that GoogleSQL lets one leave out."""

from sqlglot import exp

from localgcp.bigquery.dialect.nodes import Rule, call
from localgcp.bigquery.errors.query import invalid_query


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
    count = len(node.expressions)
    if count < least or (most is not None and count > most):
        raise invalid_query(f"No matching signature for function {str(node.this).upper()}: it has {count} argument(s)")


def named_arguments(node: exp.Anonymous) -> tuple[list[exp.Expr], dict[str, exp.Expr]]:
    """Return the arguments by place, and those by name (`name => value`)."""
    placed = [item for item in node.expressions if not isinstance(item, exp.Kwarg)]
    named = {item.name.lower(): item.expression for item in node.expressions if isinstance(item, exp.Kwarg)}
    return placed, named


def integer(node: exp.Expr) -> exp.Expr:
    """Return a whole number that DuckDB may take for one of 32 bits as one of 64."""
    return exp.Var(this=f"{node.name}::BIGINT") if isinstance(node, exp.Literal) and not node.is_string else node
