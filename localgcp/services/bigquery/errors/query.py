"""Errors of statements, in BigQuery's words, with line and column where they are known."""

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
    """A statement that BigQuery refuses."""
    return invalid_argument(message, "invalidQuery")


def unsupported(what: str) -> ApiError:
    """A statement that BigQuery runs and localgcp does not."""
    return invalid_query(f"localgcp does not support {what}.")


def syntax_error(error: ParseError | TokenError, sql: str, tokens: Sequence[Token] = ()) -> ApiError:
    """A text that is not GoogleSQL.

    Args:
        tokens: those of the text, where it could be cut into some.
    """
    return invalid_query(syntax_message(error, sql, tokens))


def statement_error(error: duckdb.Error, statement: exp.Expr | None = None) -> ApiError:
    """What DuckDB refused, with the place in the GoogleSQL statement where that is known."""
    message = message_of(error)
    return invalid_query(analysis_message(str(error), statement) or value_message(message) or message)
