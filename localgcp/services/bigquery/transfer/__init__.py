"""Moves rows in and out of tables: load, extract and copy jobs, uploaded files, insertAll."""
