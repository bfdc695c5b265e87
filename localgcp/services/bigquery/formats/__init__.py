"""The file formats of load and extract jobs: each is read into rows of DuckDB, and written from them."""
