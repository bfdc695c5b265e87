"""Partitioned and wildcard tables: which rows and bytes a statement needs."""
