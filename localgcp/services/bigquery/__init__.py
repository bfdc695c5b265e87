"""BigQuery v2: GoogleSQL translated by sqlglot and run by DuckDB, behind the REST API of the official client.

The packages, each of which imports only what is listed after it:

    routes, job_routes   the REST API
    store                puts the parts together: reads (rows page by page), job_runner (the work of jobs)
    statements           runs one statement
    transfer             moves rows: loads, extracts, copies, insertAll
    scripts              runs several statements: variables, control structures, procedures, sessions
    formats              reads and writes CSV, JSON, Avro, Parquet and ORC
    compiler             turns a statement into DuckDB's SQL, with its schema and cost
    partitions           finds the partitions and wildcard tables that a statement needs
    routines             replaces calls of stored functions by their bodies
    parsing              parses GoogleSQL into statements, and scripts into trees
    information_schema   answers queries about the catalog
    scope                says what the names in a statement mean
    jobs                 queues jobs, keeps their states and results
    tables               keeps datasets, tables, routines and transactions
    dialect              rewrites GoogleSQL into DuckDB's functions
    planner, engine      DuckDB without rows, and with them
    natives              functions that DuckDB lacks
    types                fields and types, their limits and conversions
    errors               messages in BigQuery's words
"""
