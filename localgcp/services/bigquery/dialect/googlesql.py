"""sqlglot's parser of GoogleSQL, changed to leave calls of functions as written for which the dialect has rules."""

import re
import sys
from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.tokenizer_core import Token, TokenType

from localgcp.services.bigquery.dialect.naming import no_signature
from localgcp.services.bigquery.dialect.rewriting import NAMED
from localgcp.services.bigquery.errors.query import invalid_query

_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_SURROGATES = range(0xD800, 0xE000)
_NUMBERED = re.compile(r"\\[xXuU0-3]")
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(content: str) -> str:
    r"""Replace the escapes (`\x41`, `\u00e9`, `\101`, `\n`) in the content of a string literal.

    Raises:
        ApiError: 400 for a number that is not the code of a character.
    """

    def character(match: re.Match[str]) -> str:
        code = next((int(group, 16) for group in match.groups()[:3] if group is not None), None)
        if code is not None:
            if code > sys.maxunicode or code in _SURROGATES:
                raise invalid_query(f"Syntax error: Illegal escape sequence: Unicode value {match[0]} is invalid")
            return chr(code)
        return chr(int(match[4], 8)) if match[4] else _SHORT.get(match[5], match[5])

    return _ESCAPE.sub(character, content)


def _string(parser: Any, token: Token) -> exp.Expr:
    text, written = token.text, parser.sql[token.start : token.end + 1]
    if written[:1] in ("'", '"') and _NUMBERED.search(written):
        # sqlglot replaces only the short escapes, such as \n.
        width = 3 if written[:3] in ("'''", '"""') else 1
        text = unescaped(written[width:-width])
    return exp.Literal.string(text)


def _byte_string(parser: Any, token: Token) -> exp.Expr:
    """Keep the escapes of a bytes literal as written: a rule reads them, newer releases of sqlglot misread them."""
    literal = parser.sql[token.start + 1 : token.end + 1]
    width = 3 if literal[:3] in ("'''", '"""') else 1
    return exp.ByteString(this=literal[width:-width], is_bytes=True)


def _settled(query: exp.Select) -> exp.Select:
    """Make a query with a limit a subquery: sqlglot would add the next pipe operators to the query itself."""
    if query.args.get("limit") is None and query.args.get("offset") is None:
        return query
    return exp.select("*").from_(query.subquery(copy=False), copy=False)


def _after_limit(parse: Callable[[Any, exp.Select], Any]) -> Callable[[Any, exp.Select], Any]:
    return lambda parser, query: parse(parser, _settled(query))


def _pipe_distinct(parser: Any, query: exp.Select) -> exp.Select:
    parser._advance()
    return exp.select("*").distinct(copy=False).from_(query.subquery(copy=False), copy=False)


class GoogleSql(BigQuery):
    """sqlglot's BigQuery dialect, with functions kept as written for the rules."""

    class Parser(BigQuery.Parser):  # type: ignore[misc, valid-type]
        """The parser, without sqlglot's own parsing of functions that have a rule."""

        FUNCTIONS = {name: build for name, build in BigQuery.Parser.FUNCTIONS.items() if name not in NAMED}
        FUNCTION_PARSERS = {
            name: parse for name, parse in BigQuery.Parser.FUNCTION_PARSERS.items() if name not in NAMED
        }
        STRING_PARSERS = {**BigQuery.Parser.STRING_PARSERS, TokenType.STRING: _string}
        PRIMARY_PARSERS = {
            **BigQuery.Parser.PRIMARY_PARSERS,
            TokenType.STRING: _string,
            TokenType.BYTE_STRING: _byte_string,
        }
        PIPE_SYNTAX_TRANSFORM_PARSERS = {
            name: _after_limit(parse) for name, parse in BigQuery.Parser.PIPE_SYNTAX_TRANSFORM_PARSERS.items()
        } | {"DISTINCT": _pipe_distinct}

        def _parse_function_call(self, *options: Any, **named: Any) -> Any:
            name = self._curr.text if self._curr else ""
            try:
                return super()._parse_function_call(*options, **named)
            except (AttributeError, IndexError) as error:
                # sqlglot's parsers of DATE_ADD and similar functions assume that all arguments are there.
                raise no_signature(name, "an argument is missing") from error

        def _parse_drop(self, *options: Any, **named: Any) -> Any:
            statement = super()._parse_drop(*options, **named)
            # Newer releases of sqlglot keep a list of what is dropped, where GoogleSQL has one name.
            dropped = statement.args.get("tables")
            if dropped is not None:
                names = dropped if isinstance(dropped, list) else [dropped]
                if len(names) > 1:
                    self.raise_error("DROP takes one name")
                statement.set("tables", None)
                statement.set("this", names[0])
            return statement

        def _parse_pipe_syntax_limit(self, query: exp.Select) -> exp.Select:
            query.set("limit", self._parse_limit())
            query.set("offset", self._parse_offset())
            return query

        def _parse_pipe_syntax_join(self, query: exp.Select) -> Any:
            return super()._parse_pipe_syntax_join(_settled(query))
