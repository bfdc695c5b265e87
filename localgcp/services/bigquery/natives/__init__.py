"""Functions of GoogleSQL in Python, where DuckDB has no such function or one with other results.

A call costs a microsecond or more per value, so the dialect uses a function of DuckDB where its results are the same.
"""

from localgcp.services.bigquery.natives.registry import register

__all__ = ["register"]
