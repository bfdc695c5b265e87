"""A reader of the tokens of a script, from left to right."""

from collections.abc import Callable

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import ParseError, TokenError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

from localgcp.services.bigquery.dialect.googlesql import GoogleSql
from localgcp.services.bigquery.errors.query import invalid_query, syntax_error
from localgcp.services.bigquery.parsing.tree import SourceSpan

# sqlglot reads everything from one of these words to the semicolon as one token; scripts need the tokens within.
_WORDS = ("BEGIN", "ELSEIF", "EXCEPTION", "EXECUTE", "LOOP", "REPEAT", "WHILE", "CALL", "COMMIT", "ROLLBACK")
_TEXTS = (TokenType.STRING, TokenType.IDENTIFIER, TokenType.RAW_STRING, TokenType.BYTE_STRING)
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET)


class _Tokenizer(BigQuery.Tokenizer):
    # sqlglot has tokens of two words, such as BEGIN TRANSACTION; scripts need one token for each word.
    KEYWORDS = {
        **{word: kind for word, kind in BigQuery.Tokenizer.KEYWORDS.items() if not word.endswith(" TRANSACTION")},
        **dict.fromkeys(_WORDS, TokenType.VAR),
    }


class Reader:
    """The tokens of one script, and the position of the reader."""

    def __init__(self, sql: str) -> None:
        """Split the text into tokens.

        Raises:
            ApiError: 400 for a text without tokens or with a quote that does not end.
        """
        self.sql = sql
        self._dialect = GoogleSql()
        try:
            self._tokens = _Tokenizer(dialect=self._dialect).tokenize(sql)
        except TokenError as error:
            raise syntax_error(error, sql) from error
        self.at = 0
        words = [token.text.upper() for token in self._tokens]
        self._defined = {
            words[index + 1]
            for index in range(1, len(words) - 1)
            if words[index] == "FUNCTION" and words[index - 1] in ("TEMP", "TEMPORARY")
        }

    def peek(self, ahead: int = 0) -> str:
        """Return a coming word in upper case; empty at the end, and for string literals and quoted names.

        Args:
            ahead: the number of tokens before it.
        """
        token = self._token(ahead)
        return token.text.upper() if token is not None and token.token_type not in _TEXTS else ""

    def _token(self, ahead: int = 0) -> Token | None:
        index = self.at + ahead
        return self._tokens[index] if index < len(self._tokens) else None

    @property
    def is_done(self) -> bool:
        """Whether all tokens are read."""
        return self.at >= len(self._tokens)

    def accept(self, *words: str) -> bool:
        """Read these words if they come next, and tell whether they did."""
        found = all(self.peek(ahead) == word for ahead, word in enumerate(words))
        self.at += len(words) if found else 0
        return found

    def expect(self, *words: str) -> None:
        """Read these words.

        Raises:
            ApiError: 400 if something else comes next.
        """
        for word in words:
            if not self.accept(word):
                raise self.unexpected(f"keyword {word}" if word.isalpha() else f'"{word}"')

    def name(self) -> str:
        """Read the name of a variable."""
        token = self._token()
        if token is None or not token.text.replace("_", "a").isalnum() or token.text[0].isdigit():
            raise self.unexpected("a name")
        self.at += 1
        return token.text

    def path(self) -> tuple[str, ...]:
        """Read a name such as `project.dataset.table`, and return its parts; each may be quoted, or all together."""
        parts: list[str] = []
        while True:
            token = self._token()
            if token is None or not (token.token_type in _TEXTS or token.text.replace("_", "a")[:1].isalpha()):
                raise self.unexpected("a name")
            self.at += 1
            parts += token.text.split(".") if token.token_type == TokenType.IDENTIFIER else [token.text]
            while self.peek() == "-":
                # The id of a project may contain dashes.
                self.at += 1
                parts[-1] += f"-{self._tokens[self.at].text}"
                self.at += 1
            if not self.accept("."):
                return tuple(parts)

    def has(self, ahead: int) -> bool:
        """Tell whether there is a token after `ahead` others."""
        return self._token(ahead) is not None

    def names(self) -> tuple[str, ...]:
        """Read names that are separated by commas."""
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        return tuple(found)

    def unexpected(self, expected: str) -> Exception:
        """Return the syntax error for the next token.

        Args:
            expected: what should come instead.
        """
        token = self._token()
        if token is None:
            return invalid_query(f"Syntax error: Expected {expected} but got end of script at {self._end()}")
        line, column = start_of(token)
        return invalid_query(f'Syntax error: Expected {expected} but got "{token.text}" at [{line}:{column}]')

    def _end(self) -> str:
        lines = self.sql.split("\n")
        return f"[{len(lines)}:{len(lines[-1]) + 1}]"

    def slice(self, *stops: str) -> list[Token]:
        """Read up to one of some words, or to the end of the statement; words in brackets and in CASE do not count."""
        first, depth = self.at, 0
        while (token := self._token()) is not None:
            if depth == 0 and self.peek() in (";", *stops):
                break
            depth += (token.token_type in _OPENING or self.peek() == "CASE") - (
                token.token_type in _CLOSING or (self.peek() == "END" and depth > 0)
            )
            self.at += 1
        return self._tokens[first : self.at]

    def text(self, tokens: list[Token]) -> str:
        """Return the text of some tokens as the script has it."""
        return self.sql[tokens[0].start : tokens[-1].end + 1] if tokens else ""

    def expression(self, *stops: str) -> exp.Expr:
        """Read an expression.

        Raises:
            ApiError: 400 if no expression comes next.
        """
        tokens = self.slice(*stops)
        if not tokens:
            raise self.unexpected("an expression")
        first = tokens[0]
        select = Token(TokenType.SELECT, "SELECT", first.line, first.col, first.start, first.start)
        (expression,) = self._parsed([select, *tokens]).expressions[:1]
        assert isinstance(expression, exp.Expr)
        return expression

    def statement(self) -> exp.Expr:
        """Read a statement.

        Raises:
            ApiError: 400 for a syntax error.
        """
        return self._parsed(self.slice())

    def _parsed(self, tokens: list[Token]) -> exp.Expr:
        try:
            parsed = self._parser().parse(tokens, self.sql)
        except ParseError as error:
            raise syntax_error(error, self.sql, tokens) from error
        (statement,) = parsed
        assert statement is not None
        return statement

    def _parser(self) -> Parser:
        """Return a parser that does not know as built in the functions that the script defines."""
        parser = self._dialect.parser()
        for table in ("FUNCTIONS", "FUNCTION_PARSERS", "NO_PAREN_FUNCTION_PARSERS") if self._defined else ():
            known = getattr(parser, table)
            setattr(parser, table, {name: rule for name, rule in known.items() if name not in self._defined})
        return parser

    def mark(self) -> Callable[[], SourceSpan]:
        """Return a function that gives the span from here to where the reader is when it is called."""
        first = self.at

        def place() -> SourceSpan:
            tokens = self._tokens[first : max(self.at, first + 1)]
            line, column = start_of(tokens[0])
            return SourceSpan(line, column, tokens[-1].line, tokens[-1].col, self.text(tokens))

        return place


def start_of(token: Token) -> tuple[int, int]:
    """Return line and column of a token's first character; sqlglot stores those of the last one."""
    return token.line, token.col - (token.end - token.start)
