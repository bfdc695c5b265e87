"""Nodes that sqlglot's DuckDB generator renders unchanged, and the rendering itself."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

Rule = Callable[[Any], exp.Expr]
Rules = dict[type[exp.Expr], Rule]

FINISHED = "finished"


def render(node: exp.Expr) -> str:
    """Return a node in DuckDB's SQL, with all names quoted: DuckDB reserves words that GoogleSQL does not."""
    return str(node.sql("duckdb", identify=True))


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of a DuckDB function."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def finished(node: exp.Expr) -> exp.Expr:
    """Mark a node that a rule has created, so that the rule for its kind does not apply to it again."""
    node.meta[FINISHED] = True
    return node


def native_cast(node: exp.Expr, kind: str) -> exp.Expr:
    """Return a cast to a type of DuckDB by DuckDB's rules, which `typed` leaves as it is."""
    return finished(exp.cast(node, kind, dialect="duckdb"))
