"""Airflow's console log, read as records."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

TRACEBACK = "traceback"
FAILURE_LEVELS = ("error", "critical")

_RECORD = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z) \[(?P<level>\w+) *\] ")
_TAIL = re.compile(r"\s+\[(?P<logger>[A-Za-z_][\w.]*)\](?: [\w.]+=.*)?$")
_TRACEBACK_HEAD = "Traceback (most recent call last):"
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Record:
    """One log record: its level, the logger's name and the message, of one or more lines."""

    level: str
    logger: str
    message: str


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Join the lines of Airflow's console log into records.

    Lines outside a record, such as Python warnings, are dropped. A traceback behind an error becomes a record of the
    logger `traceback`; its message is the line that names the exception.
    """
    log = _LogReader()
    for line in lines:
        yield from log.read(line.rstrip("\n"))
    yield from log.end()


class _LogReader:
    """The state of the reader between two lines."""

    def __init__(self) -> None:
        self._level = ""
        self._pending: list[str] = []
        self._in_traceback = False
        self._exception = ""

    def read(self, line: str) -> Iterator[Record]:
        """Read one line, and return the records that end with it."""
        if head := _RECORD.match(line):
            yield from self.end()
            self._level, self._pending = head["level"], []
            line = line[head.end() :]
        elif not self._pending:
            self._read_between(line)
            return
        if tail := _TAIL.search(line):
            yield Record(self._level, tail["logger"], "\n".join([*self._pending, line[: tail.start()]]).rstrip())
            self._pending = []
        else:
            self._pending.append(line)

    def end(self) -> Iterator[Record]:
        """Return the exception that stood behind the last record; of chained exceptions, the last one."""
        if self._exception and self._level in FAILURE_LEVELS:
            yield Record(self._level, TRACEBACK, self._exception)
        self._exception, self._in_traceback = "", False

    def _read_between(self, line: str) -> None:
        if line.startswith(_TRACEBACK_HEAD):
            self._in_traceback = True
        elif self._in_traceback and line and not line[0].isspace():
            self._exception, self._in_traceback = line, False


def last_words(lines: Sequence[str]) -> list[str]:
    """Return the end of a log: the exception of its last traceback, or else its last lines outside of records."""
    plain = [line for line in lines if line.strip() and not _RECORD.match(line)]
    tracebacks = [number for number, line in enumerate(plain) if line.startswith(_TRACEBACK_HEAD)]
    if not tracebacks:
        return plain[-_LAST_LINES:]
    after = plain[tracebacks[-1] + 1 :]
    return list(dropwhile(lambda line: line[0].isspace(), after))[:_LAST_LINES]
