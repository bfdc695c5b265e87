"""List filters: the part of https://google.aip.dev/160 that Vertex AI and Cloud Build filters use.

    labels.timberline-run=abc-1 AND (state="JOB_STATE_RUNNING" OR state="JOB_STATE_PENDING")
    NOT display_name="my*" create_time>"2026-01-01T00:00:00Z" -labels:draft

As in AIP-160, OR binds tighter than AND, and AND may be left out between two terms. Field names are accepted in
snake_case and in camelCase; the keys of `labels` are taken as written. A `*` in a text value matches any characters,
`\\*` a star. `!=` is the negation of `=`, so a resource without the field matches it.
"""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, NoReturn

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.masks import camel

Resource = dict[str, Any]
Predicate = Callable[[Resource], bool]

QUOTED = r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"""
_SEGMENT = re.compile(rf"{QUOTED}|[^.\"']+")
_KEYWORDS = frozenset({"AND", "OR", "NOT"})
_DEEPEST = 50


class _Token(NamedTuple):
    text: str
    position: int


class Comparison(NamedTuple):
    """One restriction: `field sign value`."""

    path: tuple[str, ...]
    sign: str
    value: str


def compile_filter(text: str, *, fields: Collection[str] = ()) -> Predicate:
    """Return the predicate that a filter describes, over resources as camelCase JSON; an empty filter matches all.

    Args:
        fields: the top-level fields that a filter may name, in camelCase; empty allows all fields.

    Raises:
        ApiError: 400 for a filter that is not well formed, or names another field.
    """
    return FilterParser(text, frozenset(fields)).parse()


class FilterParser:
    """Recursive descent; each method takes one rule of the grammar from the front of the tokens.

    Attributes:
        token: matches one token; a subclass with more operators has another pattern.
        comparators: the operators between a field and a value.
    """

    token: ClassVar[re.Pattern[str]] = re.compile(
        rf"\s*(?:(?P<sign><=|>=|!=|[<>=:()])|(?P<word>(?:{QUOTED}|[^\s()<>=!:,\"'])+)|(?P<bad>\S))"
    )
    comparators: ClassVar[frozenset[str]] = frozenset({"=", "!=", "<", "<=", ">", ">=", ":"})

    def __init__(self, text: str, fields: frozenset[str]) -> None:
        self._text = text
        self._fields = fields
        self._depth = 0
        self._next = 0
        self._tokens: list[_Token] = []
        for match in self.token.finditer(text.rstrip()):
            kind = match.lastgroup or ""
            if kind == "bad":
                self._fail(f"unexpected {match[kind]} at position {match.start(kind)}")
            self._tokens.append(_Token(match[kind], match.start(kind)))

    def parse(self) -> Predicate:
        """Return what the filter describes.

        Raises:
            ApiError: 400 for a filter that is not well formed.
        """
        if not self._tokens:
            return lambda _resource: True
        predicate = self._expression()
        if self._peek():
            self._fail(f"unexpected {self._where()}")
        return predicate

    def _expression(self) -> Predicate:
        """Parse factors that are joined by AND, or follow each other."""
        parts = [self._factor()]
        while self._peek() not in ("", ")"):
            self._accept("AND")
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else lambda resource: all(part(resource) for part in parts)

    def _factor(self) -> Predicate:
        parts = [self._term()]
        while self._accept("OR"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda resource: any(part(resource) for part in parts)

    def _term(self) -> Predicate:
        negated = self._accept("NOT") or self._accept_minus()
        predicate = self._group() if self._accept("(") else self._restriction()
        return (lambda resource: not predicate(resource)) if negated else predicate

    def _group(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"parentheses are nested more than {_DEEPEST} deep")
        predicate = self._expression()
        if not self._accept(")"):
            self._fail(f"expected ) but found {self._where()}")
        self._depth -= 1
        return predicate

    def _restriction(self) -> Predicate:
        path = self._path(name := self._word("a field name"))
        sign = self._peek()
        if sign not in self.comparators:
            self._fail(f"expected an operator (= != < <= > >= :) after {name} but found {self._where()}")
        self._next += 1
        return self._comparison(Comparison(path, sign, self._value(sign)))

    def _path(self, name: str) -> tuple[str, ...]:
        path = tuple(unquoted(segment) for segment in _SEGMENT.findall(name))
        if not path or name.startswith(".") or name.endswith(".") or ".." in name:
            self._fail(f"{name} is not a field name")
        self._check_field(path[0])
        return path

    def _value(self, sign: str) -> str:
        word = self._word(f"a value after {sign}")
        is_quoted = re.fullmatch(QUOTED, word) is not None
        if not is_quoted and ('"' in word or "'" in word):
            self._fail(f"{word} mixes quoted and unquoted text")
        return word[1:-1] if is_quoted else word

    def _comparison(self, comparison: Comparison) -> Predicate:
        path, sign, value = comparison
        if sign in ("=", "!="):
            matches = _equals(value)
            return lambda resource: any(map(matches, lookup(resource, path))) == (sign == "=")
        if sign == ":":
            has = _has(value)
            return lambda resource: any(map(has, lookup(resource, path)))
        if camel(path[-1]).endswith("Time") and as_timestamp(value) is None:
            self._fail(f'{".".join(path)} needs a time such as "2026-01-31T12:00:00Z" but found "{value}"')
        ordered = _ordered(sign, value)
        return lambda resource: any(map(ordered, lookup(resource, path)))

    def _check_field(self, name: str) -> None:
        if self._fields and camel(name) not in self._fields:
            self._fail(f"{name} is not a field to filter by (those are {', '.join(sorted(self._fields))})")

    def _peek(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""

    def _accept(self, text: str) -> bool:
        found = self._peek() == text
        self._next += found
        return found

    def _accept_minus(self) -> bool:
        """Accept the `-` that negates a term; it is the first character of the word that follows."""
        word = self._peek()
        if not word.startswith("-"):
            return False
        if word == "-":
            self._next += 1
        else:
            self._tokens[self._next] = _Token(word[1:], self._tokens[self._next].position + 1)
        return True

    def _word(self, expected: str) -> str:
        word = self._peek()
        if not word or word in self.comparators or word in _KEYWORDS or word in ("(", ")"):
            self._fail(f"expected {expected} but found {self._where()}")
        self._next += 1
        return word

    def _where(self) -> str:
        if self._next >= len(self._tokens):
            return "the end"
        token = self._tokens[self._next]
        return f"{token.text} at position {token.position}"

    def _fail(self, problem: str) -> NoReturn:
        raise invalid_argument(f"Invalid filter {self._text!r}: {problem}.")


def unquoted(text: str) -> str:
    """Return a word without its quotes and escapes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text


def lookup(value: Any, path: tuple[str, ...], *, in_map: bool = False) -> list[Any]:
    """Return the values at a path: an empty list if a part is missing, several values if the path crosses a list."""
    if isinstance(value, list):
        return [found for item in value for found in lookup(item, path, in_map=in_map)]
    if not path:
        return [value]
    if not isinstance(value, dict):
        return []
    name = path[0] if in_map or path[0] in value else camel(path[0])
    return lookup(value[name], path[1:], in_map=name == "labels") if name in value else []


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_number(value: Any) -> float | None:
    """Return a number or a string of one as a float; None for any other value."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def as_timestamp(value: Any) -> datetime | None:
    """Return a string in RFC 3339 as a time; None for any other value, and for a time without a zone."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else None


def _wildcard(value: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", value, re.DOTALL)
    patterns = (".*" if part == "*" else re.escape(re.sub(r"\\(.)", r"\1", part)) for part in parts)
    return re.compile("".join(patterns), re.DOTALL)


def _equals(value: str) -> Callable[[Any], bool]:
    pattern, number, time = _wildcard(value), as_number(value), as_timestamp(value)

    def matches(found: Any) -> bool:
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            return found == number
        same_time = time is not None and as_timestamp(found) == time
        return not isinstance(found, dict) and (same_time or pattern.fullmatch(_text(found)) is not None)

    return matches


def _has(value: str) -> Callable[[Any], bool]:
    """Match `labels:key`, `labels.key:*`, or a string that contains the value; with `*` the whole string must match."""
    equal = _equals(value if "*" in value else f"*{value}*")
    exact = _equals(value)

    def has(found: Any) -> bool:
        if value == "*":
            return found not in (None, {}, [])
        if isinstance(found, dict):
            return any(map(exact, found))
        return equal(found) if isinstance(found, str) else exact(found)

    return has


def _ordered(sign: str, value: str) -> Callable[[Any], bool]:
    def compare(found: Any) -> bool:
        for read in (as_number, as_timestamp, _text):
            left, right = read(found), read(value)
            if left is not None and right is not None:
                return bool(ORDERS[sign](left, right))
        return False

    return compare


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
