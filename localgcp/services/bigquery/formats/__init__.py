"""The file formats of load and extract jobs, read into DuckDB and written from DuckDB."""
