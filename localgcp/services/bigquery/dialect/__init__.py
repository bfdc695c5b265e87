"""Rewrites GoogleSQL functions and clauses that sqlglot would translate to DuckDB with another meaning.

Each module has the rules for one family of functions. A rule takes a node of the parsed GoogleSQL, and returns nodes
that sqlglot's DuckDB generator renders unchanged.
"""

from localgcp.services.bigquery.dialect.nodes import call, render
from localgcp.services.bigquery.dialect.rewriting import rewrite

__all__ = ["call", "render", "rewrite"]
