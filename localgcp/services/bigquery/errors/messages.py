"""What DuckDB's errors say."""

import re

import duckdb

_PREFIX = re.compile(r"^[A-Z][\w ]*Error: (Python exception occurred while executing the UDF: \w+: )?")


def message_of(error: duckdb.Error) -> str:
    """Return what a DuckDB error says, without its class, its hints and its excerpt of the statement."""
    first = str(error).split("\n\n")[0].split("\nLINE ")[0]
    return _PREFIX.sub("", first).replace("\n", " ").strip()
