"""GoogleSQL statements compiled: names resolved to tables, and the dialect translated to DuckDB's."""
