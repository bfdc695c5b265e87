"""The log of one replica: what its process writes to its two streams, line by line, with the time of each.

The process writes to a file for each stream, which costs it nothing. A few times a second the new lines of both go to
the log, and into an index beside it a record of them: the time in nanoseconds, the stream, the number of bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localgcp.clock import CLOCK

STREAMS = ("stdout", "stderr")
# A line that does not end, such as a progress bar's, is taken in pieces.
_LONGEST_LINE = 1 << 16
_MOST_AT_ONCE = 1 << 22
# In the place of a stream: the files of the streams have been taken in whole, and are gone.
_END = "end"


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        time_ns: when it was seen; no two lines of a log have the same.
        offset: where it begins in the log.
    """

    time_ns: int
    stream: str
    offset: int
    text: str


class ReplicaLog:
    """A log that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken = _taken(path)
        if any(self.stream(name).exists() for name in STREAMS):
            self.finish()  # a killed server left them, and the replica's former process has ended

    def stream(self, name: str) -> Path:
        """Return the file that the process writes a stream to."""
        return self.path.with_suffix(f".{name}")

    def collect(self) -> None:
        """Take in the lines that have come since the last time."""
        for name in STREAMS:
            self._take(name, is_whole=False)

    def finish(self) -> None:
        """Take in what is left, also of a line that has no end; the process has ended."""
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
        self._append(name, data[:end] if data[:end].endswith(b"\n") else data[:end] + b"\n")
        return True

    def _append(self, name: str, lines: bytes) -> None:
        with self.path.open("ab") as log, _index(self.path).open("ab") as index:
            log.write(lines)
            index.write(f"{CLOCK.time_ns()} {name} {len(lines)}\n".encode())


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a log, oldest first; none where it does not exist."""
    records = _records(path)
    content = path.read_bytes() if records else b""
    offset = last = 0
    for time_ns, stream, size in records:
        for line in content[offset : offset + size].splitlines(keepends=True):
            # A microsecond apart, which is the unit of the API's times.
            last = max(time_ns, last + 1000)
            yield Line(last, stream, offset, line.decode("utf-8", "replace").rstrip("\r\n"))
            offset += len(line)


def _records(path: Path) -> list[tuple[int, str, int]]:
    try:
        lines = _index(path).read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [(int(time_ns), stream, int(size)) for time_ns, stream, size in map(str.split, lines)]


def _taken(path: Path) -> dict[str, int]:
    """Return how much of each stream's present file is in the log."""
    found = dict.fromkeys(STREAMS, 0)
    for _, stream, size in _records(path):
        if stream == _END:
            found = dict.fromkeys(STREAMS, 0)
        else:
            found[stream] += size
    return found


def _index(path: Path) -> Path:
    return path.with_suffix(".index")
