"""Errors of statements in BigQuery's words, with line and column if these are known."""

from collections.abc import Sequence

import duckdb
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.errors.analysis import analysis_message
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.errors.syntax import syntax_message
from localgcp.services.bigquery.errors.values import value_message


def invalid_query(message: str) -> ApiError:
    """Return the 400 for a statement that BigQuery refuses."""
    return invalid_argument(message, "invalidQuery")


def unsupported(what: str) -> ApiError:
    """Return the 400 for a statement that BigQuery runs and localgcp does not."""
    return invalid_query(f"localgcp does not support {what}.")


def syntax_error(error: ParseError | TokenError, sql: str, tokens: Sequence[Token] = ()) -> ApiError:
    """Return the 400 for a syntax error.

    Args:
        error: sqlglot's error.
        sql: the text.
        tokens: the tokens of the text; empty if it could not be split into tokens.
    """
    return invalid_query(syntax_message(error, sql, tokens))


def statement_error(error: duckdb.Error, statement: exp.Expr | None = None) -> ApiError:
    """Return the error for a statement that DuckDB refused.

    Args:
        error: DuckDB's error.
        statement: the GoogleSQL statement, for the place; None if it is unknown.
    """
    message = message_of(error)
    return invalid_query(analysis_message(str(error), statement) or value_message(message) or message)
