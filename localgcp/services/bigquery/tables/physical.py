"""Physical tables: the DuckDB tables that hold the rows."""

from collections.abc import Sequence

from localgcp.services.bigquery.engine import Engine, new_physical_name
from localgcp.services.bigquery.types.schema import Field, columns_ddl, quote

# DuckDB requires at least one column; BigQuery allows a table without columns.
_PLACEHOLDER = '"_no_columns"'


def create_physical(engine: Engine, fields: Sequence[Field]) -> str:
    """Create a DuckDB table without rows and return its name."""
    physical = new_physical_name()
    with engine.reading() as cursor:
        cursor.execute(f"CREATE TABLE {quote(physical)} ({columns_ddl(fields) or f'{_PLACEHOLDER} BIGINT'})")
    return physical


def column_names(fields: Sequence[Field]) -> str:
    """Return the names of all columns of a physical table, as a list in DuckDB's SQL."""
    return ", ".join(quote(field.name) for field in fields) or _PLACEHOLDER
