"""GoogleSQL functions that sqlglot hands over to DuckDB with another meaning: rewritten before the translation.

Each module has the rules of one family of functions. A rule works on the parsed GoogleSQL and yields nodes that
DuckDB's writer renders as they are.
"""

from localgcp.services.bigquery.dialect.nodes import call, render
from localgcp.services.bigquery.dialect.rewriting import rewrite

__all__ = ["call", "render", "rewrite"]
