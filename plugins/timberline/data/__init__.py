"""Data sets, splitting, columns and SQL statements."""
