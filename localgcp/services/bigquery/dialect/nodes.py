"""Nodes of statements that DuckDB's writer renders as they are."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

Rule = Callable[[Any], exp.Expr]
Rules = dict[type[exp.Expr], Rule]

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


def native_cast(node: exp.Expr, kind: str) -> exp.Expr:
    """Cast to a type of DuckDB, by DuckDB's own rules."""
    return finished(exp.cast(node, kind, dialect="duckdb"))
