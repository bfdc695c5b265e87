"""Datasets and tables: what is kept of them, their names and sizes."""
