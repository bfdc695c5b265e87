"""BigQuery v2: GoogleSQL translated by sqlglot and run by DuckDB, behind the REST API of the official client.

A job (jobs/) runs a script (scripts/) or one statement (statements/). Names become tables (tables/), routines
(routines/) or views (information_schema/); the dialect (dialect/, natives/) turns GoogleSQL into DuckDB's SQL by the
types (types/), conditions leave partitions out (partitions/), and what goes wrong is said in BigQuery's words
(errors/). Rows come and go by files and requests (transfer/, formats/). store.py puts the parts together.
"""
