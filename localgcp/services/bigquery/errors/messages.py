"""The messages of DuckDB's errors."""

import re

import duckdb

_PREFIX = re.compile(r"^[A-Z][\w ]*Error: (Python exception occurred while executing the UDF: \w+: )?")


def message_of(error: duckdb.Error) -> str:
    """Return the message of a DuckDB error without its class, its hints and its excerpt of the statement."""
    first = str(error).split("\n\n")[0].split("\nLINE ")[0]
    return _PREFIX.sub("", first).replace("\n", " ").strip()
