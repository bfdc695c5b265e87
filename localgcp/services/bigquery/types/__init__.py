"""Types: their forms over REST and in DuckDB, their limits, and which value fits which."""
