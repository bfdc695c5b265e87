"""The GoogleSQL names of the types in DuckDB's messages."""

import re

_NAMES = {
    "VARCHAR": "STRING",
    "STRING_LITERAL": "STRING",
    "INTEGER_LITERAL": "INT64",
    "TINYINT": "INT64",
    "SMALLINT": "INT64",
    "INTEGER": "INT64",
    "INT32": "INT64",
    "BIGINT": "INT64",
    "HUGEINT": "INT64",
    "DOUBLE": "FLOAT64",
    "BOOLEAN": "BOOL",
    "BLOB": "BYTES",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DECIMAL(38,19)": "BIGNUMERIC",
    "DECIMAL(38,18)": "BIGNUMERIC",
    '"NULL"': "NULL",
}


def standard_name(name: str) -> str:
    """Return the GoogleSQL name of a DuckDB type."""
    name = name.strip()
    if name.endswith("[]"):
        return f"ARRAY<{standard_name(name[:-2])}>"
    if name.startswith("STRUCT"):
        return "STRUCT"
    return _NAMES.get(name) or ("NUMERIC" if name.startswith("DECIMAL") else name)


def standard_names(names: str) -> str:
    """Return the GoogleSQL names of a list of DuckDB types."""
    return ", ".join(standard_name(name) for name in re.split(r",\s*(?![^()]*\))", names))
