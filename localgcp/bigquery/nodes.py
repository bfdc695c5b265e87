"""Nodes of statements that DuckDB's writer renders as they are."""

from sqlglot import exp

FINISHED = "finished"


def render(node: exp.Expr) -> str:
    """Return the DuckDB text of a node; every name is quoted, because DuckDB reserves words that GoogleSQL does not."""
    return str(node.sql("duckdb", identify=True))


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of a DuckDB function."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def finished(node: exp.Expr) -> exp.Expr:
    """Mark a node that a rule has made of its own kind, so that the rule leaves it."""
    node.meta[FINISHED] = True
    return node


def in_try(node: exp.Expr) -> bool:
    """A SAFE. function stands around a node: DuckDB's TRY, which does not go with error()."""
    above = node.find_ancestor(exp.Anonymous)
    while above is not None:
        if above.this == "TRY":
            return True
        above = above.find_ancestor(exp.Anonymous)
    return False
