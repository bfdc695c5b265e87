"""Fields and types: their forms over REST and in DuckDB, their limits, and conversions between them."""
