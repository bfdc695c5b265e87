"""The places of a statement's parts in the GoogleSQL text: ` at [line:column]`, the end of messages."""

from collections.abc import Iterator

from sqlglot import exp

NOWHERE = ""


def at(line: int, column: int) -> str:
    """Return a place as messages write it: ` at [line:column]`."""
    return f" at [{line}:{column}]"


def place(node: exp.Expr | None) -> str:
    """Return the place where a node begins, or an empty string if it is unknown."""
    found = min(_starts(node), default=None) if node is not None else None
    return at(*found) if found is not None else NOWHERE


def place_before(node: exp.Expr, words: str) -> str:
    """Return the place of the keywords before a node; sqlglot stores no places of keywords."""
    line, column = min(_starts(node), default=(0, 0))
    return at(line, column - len(words)) if column > len(words) else NOWHERE


def _starts(node: exp.Expr) -> Iterator[tuple[int, int]]:
    for part in node.walk():
        meta = part.meta
        if "line" in meta and "end" in meta:
            # sqlglot stores the column of the last character.
            yield meta["line"], meta["col"] - (meta["end"] - meta["start"])


def place_of_name(statement: exp.Expr | None, name: str) -> str:
    """Return the place of the first identifier of a name."""
    for identifier in statement.find_all(exp.Identifier, bfs=False) if statement is not None else ():
        if identifier.name.lower() == name.lower():
            return place(identifier)
    return NOWHERE


def place_of_column(statement: exp.Expr | None, name: str) -> str:
    """Return the place of the first reference to a column of a name, including the table before it."""
    return place(column_of(statement, name)) or place_of_name(statement, name)


def column_of(statement: exp.Expr | None, name: str) -> exp.Column | None:
    """Return the first reference to a column of a name, or None."""
    for column in statement.find_all(exp.Column, bfs=False) if statement is not None else ():
        if column.name.lower() == name.lower():
            return column
    return None


def function_of(statement: exp.Expr | None, name: str) -> exp.Func | None:
    """Return the first call of a function, by its name in the statement or in DuckDB, or None."""
    for call in statement.find_all(exp.Func, bfs=False) if statement is not None else ():
        if name.lower() in (written_name(call).lower(), call.sql_name().lower()):
            return call
    return None


def written_name(call: exp.Func) -> str:
    """Return the name of a function as the statement writes it."""
    if isinstance(call, exp.Anonymous):
        return str(call.this)
    # GoogleSQL writes DATE_DIFF what sqlglot knows as DATEDIFF first.
    names = call.sql_names()
    return str(call.meta.get("name") or next((name for name in names if "_" in name), names[0]))
