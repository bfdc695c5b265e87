"""BigQuery v2: GoogleSQL translated by sqlglot and run by DuckDB, behind the REST API of the official client."""
