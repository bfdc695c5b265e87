"""Errors of statements, in BigQuery's words, with line and column where they are known."""

import re

import duckdb
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from localgcp.bigquery.engine import message_of
from localgcp.errors import ApiError, invalid_argument

_MISSING_COLUMN = re.compile(
    r'Referenced column "(?P<name>[^"]+)" not found'
    r'|does not have a column named "(?P<other>[^"]+)"'
    r'|Column "(?P<third>[^"]+)" referenced that exists'
)
_MISSING_TABLE = re.compile(r'Referenced table "(?P<name>[^"]+)" not found')
_MISSING_FUNCTION = re.compile(
    r"(?:Scalar |Aggregate |Table )?Function with name (?P<name>\S+) does not exist", re.IGNORECASE
)
_OVERFLOW = re.compile(r"Overflow in (?:addition|subtraction|multiplication) of INT64 \((?P<terms>.*)\)")
_NOT_NULL = re.compile(r"NOT NULL constraint failed: [^.]+\.(?P<name>.+)")
_AMBIGUOUS = re.compile(r'Ambiguous reference to column name "(?P<name>[^"]+)"')


def invalid_query(message: str) -> ApiError:
    """A statement that BigQuery refuses."""
    return invalid_argument(message, "invalidQuery")


def unsupported(what: str) -> ApiError:
    """A statement that BigQuery runs and localgcp does not."""
    return invalid_query(f"localgcp does not support {what}.")


def syntax_error(error: ParseError | TokenError) -> ApiError:
    """A text that is not GoogleSQL."""
    found = getattr(error, "errors", None)
    if not found:
        return invalid_query(f"Syntax error: {str(error).splitlines()[0]}")
    first = found[0]
    token = f' near "{first["highlight"]}"' if first.get("highlight") else ""
    description = re.sub(r"<Token token_type: \S+, text: (.*?), line: .*?>", r'"\1"', first["description"])
    description = description.replace('"SENTINEL"', "the end of the statement")
    return invalid_query(f"Syntax error: {description}{token} at [{first['line']}:{first['col']}]")


def statement_error(error: duckdb.Error, statement: exp.Expr | None = None) -> ApiError:
    """What DuckDB refused, with the place in the GoogleSQL statement where that is known."""
    message = message_of(error)
    if match := _MISSING_COLUMN.search(message):
        name = match["name"] or match["other"] or match["third"]
        return invalid_query(f"Unrecognized name: {name}{_place(statement, name)}")
    if match := _MISSING_TABLE.search(message):
        return invalid_query(f"Unrecognized name: {match['name']}{_place(statement, match['name'])}")
    if match := _AMBIGUOUS.search(message):
        return invalid_query(f"Column name {match['name']} is ambiguous{_place(statement, match['name'])}")
    if match := _MISSING_FUNCTION.search(message):
        return invalid_query(f"Function not found: {match['name'].upper()}")
    if isinstance(error, duckdb.ConstraintException) and (match := _NOT_NULL.search(message)):
        return invalid_query(f"Required field {match['name']} cannot be null")
    return invalid_query(_run_time_message(error, message))


def _run_time_message(error: duckdb.Error, message: str) -> str:
    if overflow := _OVERFLOW.search(message):
        return f"int64 overflow: {overflow['terms']}"
    if isinstance(error, duckdb.OutOfRangeException) and "INT64" in message:
        return f"int64 overflow: {message}"
    if isinstance(error, duckdb.ConversionException) and (found := re.search(r"string '(.*)' to (\w+)", message)):
        return f"Bad {found[2].lower()} value: {found[1]}"
    return message


def _place(statement: exp.Expr | None, name: str) -> str:
    """Return ` at [line:column]` of the first identifier of that name."""
    for identifier in statement.find_all(exp.Identifier) if statement is not None else ():
        if identifier.name.lower() == name.lower() and "line" in identifier.meta:
            # sqlglot counts to the last character of the word.
            width = len(identifier.name) + (2 if identifier.quoted else 0)
            return f" at [{identifier.meta['line']}:{identifier.meta['col'] - width + 1}]"
    return ""
