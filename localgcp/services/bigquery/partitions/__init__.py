"""Partitioned and wildcard tables: the partitions and tables that a statement needs."""
