"""A GoogleSQL text parsed into its statements."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from localgcp.services.bigquery.dialect.googlesql import GoogleSql
from localgcp.services.bigquery.errors.query import invalid_query, syntax_error


def parse(sql: str) -> list[exp.Expr]:
    """Return the statements of a GoogleSQL text.

    Raises:
        ApiError: 400 for a syntax error.
    """
    try:
        parsed = sqlglot.parse(sql, read=GoogleSql)
    except TokenError as error:
        raise syntax_error(error, sql) from error
    except ParseError as error:
        raise syntax_error(error, sql, sqlglot.tokenize(sql, read=GoogleSql)) from error
    statements = [statement for statement in parsed if statement is not None]
    if not statements:
        raise invalid_query("Syntax error: Unexpected end of statement at [1:1]")
    return statements
