"""BigQuery's messages for syntax errors: what comes where, and what was expected."""

import re
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from localgcp.services.bigquery.errors.places import at

_END = "end of script"
_NEEDS_ALL_OR_DISTINCT = "Expected DISTINCT or ALL"
_KINDS = {TokenType.STRING: "string literal", TokenType.VAR: "identifier", TokenType.IDENTIFIER: "identifier"}
_QUOTES = (("'", "string literal"), ('"', "string literal"), ("`", "identifier literal"), ("/*", "comment"))


def syntax_message(error: ParseError | TokenError, sql: str, tokens: Sequence[Token]) -> str:
    """Return the message for a syntax error.

    Args:
        error: sqlglot's error.
        sql: the text.
        tokens: the tokens of the text; empty if it could not be split into tokens.
    """
    if isinstance(error, TokenError) or not tokens:
        return f"Syntax error: {_unclosed(sql)}"
    if not error.errors:
        return f"Syntax error: {str(error).splitlines()[0]}"
    first = error.errors[0]
    index = next((i for i, token in enumerate(tokens) if (token.line, token.col) == (first["line"], first["col"])), -1)
    is_last = index == len(tokens) - 1
    if is_last and not first["description"].startswith("Invalid expression"):
        # The parser names the last token if it has read all of them.
        return f"Syntax error: {_expectation(first['description'], _END)}{_after(tokens[-1])}"
    token = tokens[index]
    return f"Syntax error: {_expectation(first['description'], _named(token))}{_before(token)}"


def _expectation(description: str, found: str) -> str:
    if match := re.fullmatch(r"Expect(?:ing|ed) ([()\[\]<>,])", description):
        return f'Expected "{match[1]}" but got {found}'
    if description.startswith(_NEEDS_ALL_OR_DISTINCT):
        return f"Expected keyword ALL or keyword DISTINCT but got {found}"
    return f"Unexpected {found}"


def _named(token: Token) -> str:
    if token.token_type is TokenType.NUMBER:
        return f'{"floating point" if re.search(r"[.eE]", token.text) else "integer"} literal "{token.text}"'
    if kind := _KINDS.get(token.token_type):
        return f'{kind} "{token.text}"'
    return f"keyword {token.text.upper()}" if token.text.isidentifier() else f'"{token.text}"'


def _before(token: Token) -> str:
    return at(token.line, token.col - (token.end - token.start))


def _after(token: Token) -> str:
    return at(token.line, token.col + 1)


def _unclosed(sql: str) -> str:
    """Return the message for a quote or comment that is not closed, with the place where it begins."""
    opened = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`[^`\n]*`|(?:--|#)[^\n]*|/\*.*?\*/", re.DOTALL)
    rest = opened.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), sql)
    found = [(rest.find(sign), kind) for sign, kind in _QUOTES if sign in rest]
    if not found:
        return "the text cannot be split into tokens"
    position, kind = min(found)
    line = sql.count("\n", 0, position) + 1
    return f"Unclosed {kind}{at(line, position - sql.rfind(chr(10), 0, position))}"


def empty_selection(statement: exp.Expr | None) -> str:
    """Return the message for a SELECT without a select list."""
    for select in statement.find_all(exp.Select) if statement is not None else ():
        if not select.expressions and select.args.get("from_") is None:
            return f"Syntax error: Unexpected {_END}"
    return "Syntax error: SELECT list must not be empty"
