"""The filters of Cloud Logging: https://cloud.google.com/logging/docs/view/logging-query-language.

The grammar is that of the list filters of AIP-160, with these additions: a term without operator matches any field,
comparisons of text ignore case, severities compare by rank, and there are the operators `=~` and `!~` and lists of
values.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from localgcp.core.conventions.filters import (
    ORDERS,
    QUOTED,
    FilterParser,
    Predicate,
    Resource,
    as_number,
    as_timestamp,
    lookup,
    unquoted,
)

FIELDS = (
    "logName", "resource", "timestamp", "receiveTimestamp", "severity", "insertId", "labels", "textPayload",
    "jsonPayload", "protoPayload", "httpRequest", "operation", "trace", "spanId", "traceSampled", "sourceLocation",
    "split",
)  # fmt: skip
SEVERITIES = {
    "DEFAULT": 0, "DEBUG": 100, "INFO": 200, "NOTICE": 300, "WARNING": 400, "ERROR": 500, "CRITICAL": 600, "ALERT": 700,
    "EMERGENCY": 800,
}  # fmt: skip
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
# The fields that all entries of a log have in common.
_SHARED_FIELDS = frozenset({"logName", "resource", "labels"})

_Compare = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter.

    Attributes:
        matches: returns whether the filter matches an entry.
        could_match: returns whether the filter may match entries with this `logName`, `resource` and `labels`.
    """

    matches: Predicate
    could_match: Predicate


def compile_log_filter(text: str) -> LogFilter:
    """Parse a filter; an empty text matches all entries.

    Raises:
        ApiError: 400 for a malformed filter, or one with a field that entries do not have.
    """
    parser = _LogFilterParser(_COMMENT.sub("", text), FIELDS)
    matches = parser.parse()
    early = [predicate for fields, predicate in parser.factors if fields <= _SHARED_FIELDS]
    return LogFilter(matches, lambda shared: all(predicate(shared) for predicate in early))


class _LogFilterParser(FilterParser):
    """Parses the filters of Cloud Logging.

    Attributes:
        factors: the predicates that must all match, each with the top-level fields that it reads.
    """

    token: ClassVar[re.Pattern[str]] = re.compile(
        rf"\s*(?:(?P<sign><=|>=|!=|=~|!~|[<>=:()])|(?P<word>(?:{QUOTED}|[^\s()<>=!:,\"'])+)|(?P<bad>\S))"
    )
    comparators: ClassVar[frozenset[str]] = FilterParser.comparators | {"=~", "!~"}

    def __init__(self, text: str, fields: Collection[str]) -> None:
        super().__init__(text, frozenset(fields))
        self.factors: list[tuple[frozenset[str], Predicate]] = []
        self._seen: set[str] = set()

    def _expression(self) -> Predicate:
        if self._depth:
            return super()._expression()
        while self._peek() not in ("", ")"):
            self._seen = set()
            if self.factors:
                self._accept("AND")
            predicate = self._factor()
            self.factors.append((frozenset(self._seen), predicate))
        parts = [predicate for _, predicate in self.factors]
        return lambda entry: all(part(entry) for part in parts)

    def _restriction(self) -> Predicate:
        after = self._tokens[self._next + 1].text if self._next + 1 < len(self._tokens) else ""
        if after in self.comparators:
            return self._comparison_of(self._path(self._word("a field name")))
        word = self._word("a term")
        if after == "(" and word == "log_id":
            return self._log_id()
        self._seen.add("*")
        contains = _contains(unquoted(word))
        return lambda entry: any(map(contains, _leaves(entry)))

    def _log_id(self) -> Predicate:
        self._next += 1
        suffix = f"/logs/{unquoted(self._word('the id of a log'))}".lower()
        if not self._accept(")"):
            self._fail(f"expected ) but found {self._where()}")
        self._seen.add("logName")
        return lambda entry: entry["logName"].lower().replace("%2f", "/").endswith(suffix)

    def _comparison_of(self, path: tuple[str, ...]) -> Predicate:
        self._seen.add(path[0])
        sign = self._peek()
        self._next += 1
        if not self._accept("("):
            return self._compared(path, sign)
        parts = [self._any_of(path, sign)]
        while not self._accept(")"):
            self._accept("AND")
            parts.append(self._any_of(path, sign))
        return lambda entry: all(part(entry) for part in parts)

    def _any_of(self, path: tuple[str, ...], sign: str) -> Predicate:
        parts = [self._compared(path, sign)]
        while self._accept("OR"):
            parts.append(self._compared(path, sign))
        return lambda entry: any(part(entry) for part in parts)

    def _compared(self, path: tuple[str, ...], sign: str) -> Predicate:
        """Return a comparison, which is false for an entry without the field, even with `!=`."""
        compare = self._compare(path, sign, self._value(sign))

        def holds(entry: Resource) -> bool:
            found = lookup(entry, path)
            if path == ("severity",) and not found:
                found = ["DEFAULT"]
            return any(map(compare, found))

        return holds

    def _compare(self, path: tuple[str, ...], sign: str, value: str) -> _Compare:
        if sign in ("=~", "!~"):
            return self._pattern(sign, value)
        if path == ("severity",):
            return self._rank(sign, value)
        value = re.sub(r"\\(.)", r"\1", value)
        if path in (("timestamp",), ("receiveTimestamp",)):
            return self._time(sign, value)
        if sign == ":":
            contains = _contains(value)
            return lambda found: value == "*" or any(map(contains, _leaves(found)))
        return _ordered(sign, value)

    def _pattern(self, sign: str, value: str) -> _Compare:
        try:
            pattern = re.compile(value)
        except re.error as error:
            self._fail(f"{value} is not a regular expression: {error}")
        return lambda found: (pattern.search(_text(found)) is not None) == (sign == "=~")

    def _rank(self, sign: str, value: str) -> _Compare:
        wanted = SEVERITIES.get(value.upper(), as_number(value))
        if wanted is None:
            self._fail(f"{value} is not a severity (those are {', '.join(SEVERITIES)})")
        return lambda found: _by_sign(sign, SEVERITIES[found], wanted)

    def _time(self, sign: str, value: str) -> _Compare:
        wanted = as_timestamp(value)
        if wanted is None and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            wanted = as_timestamp(f"{value}T00:00:00Z")
        if wanted is None:
            self._fail(f'expected a time such as "2026-01-31T12:00:00Z" but found "{value}"')
        return lambda found: _by_sign(sign, as_timestamp(found) or datetime.min.replace(tzinfo=UTC), wanted)


def _by_sign(sign: str, left: Any, right: Any) -> bool:
    if sign in ("=", ":", "!="):
        return bool((left == right) == (sign != "!="))
    return bool(ORDERS[sign](left, right))


def _ordered(sign: str, value: str) -> _Compare:
    number, text = as_number(value), value.lower()

    def compare(found: Any) -> bool:
        if isinstance(found, str):
            return _by_sign(sign, found.lower(), text)
        if isinstance(found, dict):
            return False
        if number is not None and (left := as_number(found)) is not None:
            return _by_sign(sign, left, number)
        return _by_sign(sign, _text(found).lower(), text)

    return compare


def _contains(value: str) -> _Compare:
    return lambda found: value.lower() in _text(found).lower()


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
