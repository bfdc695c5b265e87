"""Functions of GoogleSQL that DuckDB lacks, or has with other results, written in Python.

They cost a microsecond or more for each value, so a rule takes DuckDB's own function where that has the same result.
"""

from localgcp.services.bigquery.natives.registry import register

__all__ = ["register"]
