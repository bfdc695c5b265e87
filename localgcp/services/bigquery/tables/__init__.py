"""The catalog: datasets, tables and routines, their names, sizes, partitions and transactions."""
