"""The log of one replica: the lines of its two output streams, with the time of each line.

The process writes each stream to a file. A few times per second the new lines of both files are appended to the log,
and a record of them to an index beside the log: the time in nanoseconds, the stream, the number of bytes in the log,
and how many bytes of the stream they are. Bytes of the log without a record are not complete yet.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from localgcp.core.state.clock import CLOCK

STREAMS = ("stdout", "stderr")
# A longer line, such as that of a progress bar, is split.
_LONGEST_LINE = 1 << 16
_MOST_AT_ONCE = 1 << 22
# Stands for a stream in a record: the files of both streams were taken completely, and deleted.
_END = "end"


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        time_ns: when the line was taken; unique in its log.
        offset: the position of its first byte in the log.
    """

    time_ns: int
    stream: str
    offset: int
    text: str


class ReplicaLog:
    """A log that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        records = _records(path)
        self._taken = _taken(records)
        if any(self._taken.values()) or any(self.stream(name).exists() for name in STREAMS):
            # A killed server left these files, and the process that wrote them has ended.
            if path.exists():
                os.truncate(path, sum(record.size for record in records))
            self.finish()

    def stream(self, name: str) -> Path:
        """Return the file that the process writes a stream to."""
        return self.path.with_suffix(f".{name}")

    def collect(self) -> None:
        """Append the new complete lines of both streams to the log."""
        for name in STREAMS:
            self._take(name, is_whole=False)

    def finish(self) -> None:
        """Append the rest of both streams, incomplete lines included; the process has ended."""
        for name in STREAMS:
            while self._take(name, is_whole=True):
                pass
            self.stream(name).unlink(missing_ok=True)
            self._taken[name] = 0
        if self.path.exists():
            self._append(_END, b"")

    def _take(self, name: str, *, is_whole: bool) -> bool:
        try:
            with self.stream(name).open("rb") as file:
                file.seek(self._taken[name])
                data = file.read(_MOST_AT_ONCE)
        except FileNotFoundError:
            return False
        end = data.rfind(b"\n") + 1
        if not end and (is_whole or len(data) >= _LONGEST_LINE):
            end = len(data)
        if not end:
            return False
        self._taken[name] += end
        self._append(name, data[:end])
        return True

    def _append(self, name: str, lines: bytes) -> None:
        whole = lines + b"\n" if lines and not lines.endswith(b"\n") else lines
        # The record follows the lines, so that a reader sees both or neither.
        with self.path.open("ab") as log:
            log.write(whole)
        with _index(self.path).open("ab") as index:
            index.write(f"{CLOCK.time_ns()} {name} {len(whole)} {len(lines)}\n".encode())


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a log, oldest first; a log that does not exist has no lines."""
    records = _records(path)
    content = path.read_bytes() if records else b""
    offset = last = 0
    for record in records:
        for line in content[offset : offset + record.size].splitlines(keepends=True):
            # Times differ by at least a microsecond, the unit of the API's times.
            last = max(record.time_ns, last + 1000)
            yield Line(last, record.stream, offset, line.decode("utf-8", "replace").rstrip("\r\n"))
            offset += len(line)


class _Record(NamedTuple):
    time_ns: int
    stream: str
    size: int
    taken: int


def _records(path: Path) -> list[_Record]:
    try:
        lines = _index(path).read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [
        _Record(int(time_ns), stream, int(size), int(taken)) for time_ns, stream, size, taken in map(str.split, lines)
    ]


def _taken(records: Sequence[_Record]) -> dict[str, int]:
    """Return how many bytes of each stream's present file are in the log."""
    found = dict.fromkeys(STREAMS, 0)
    for record in records:
        if record.stream == _END:
            found = dict.fromkeys(STREAMS, 0)
        else:
            found[record.stream] += record.taken
    return found


def _index(path: Path) -> Path:
    return path.with_suffix(".index")
