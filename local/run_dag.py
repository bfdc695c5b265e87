"""Run one DAG through `airflow dags test` and print what a person wants to see of it.

Airflow's whole log goes to a file; the terminal gets one line a step and the pipeline's own messages. The exit code is
that of Airflow.
"""

import argparse
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import TextIO

import psutil

_RECORD = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z) \[(?P<level>\w+) *\] ")
_TAIL = re.compile(r"\s+\[(?P<logger>[A-Za-z_][\w.]*)\](?: [\w.]+=.*)?$")
_START = re.compile(r"\[DAG TEST\] starting task_id=(\S+) map_index=(-?\d+)")
_FAILURE_LEVELS = ("error", "critical")
_ERROR_LINES = 12
_TRACEBACK_HEAD = "Traceback (most recent call last):"
_GRACE_S = 3.0
TRACEBACK = "traceback"


@dataclass(frozen=True, slots=True)
class Record:
    """One log record: its level, the logger's name and the message, of one or more lines."""

    level: str
    logger: str
    message: str


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Join the lines of Airflow's console log into records; what belongs to none, such as a warning, is left out.

    A traceback that follows an error becomes a record of the logger `traceback` with the line that names the exception.
    """
    log = _Log()
    for line in lines:
        yield from log.read(line.rstrip("\n"))
    yield from log.end()


class _Log:
    """Where in the log the reading is."""

    def __init__(self) -> None:
        self._level = ""
        self._pending: list[str] = []
        self._in_traceback = False
        self._exception = ""

    def read(self, line: str) -> Iterator[Record]:
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
        """End what is between two records; of exceptions that caused each other the last one counts."""
        if self._exception and self._level in _FAILURE_LEVELS:
            yield Record(self._level, TRACEBACK, self._exception)
        self._exception, self._in_traceback = "", False

    def _read_between(self, line: str) -> None:
        if line.startswith(_TRACEBACK_HEAD):
            self._in_traceback = True
        elif self._in_traceback and line and not line[0].isspace():
            self._exception, self._in_traceback = line, False


class Console:
    """The terminal's view of a run.

    Attributes:
        failures: what went wrong, as it was printed.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._start = time.monotonic()
        self._step = ""
        self.failures: list[str] = []

    def show(self, record: Record) -> None:
        """Print a record if it says something about the run."""
        if started := _START.match(record.message):
            self._begin(started[1])
        elif record.level in _FAILURE_LEVELS:
            self._fail(record)
        elif "timberline" in record.logger:
            self._print(record.message)

    def _begin(self, task_id: str) -> None:
        if task_id != self._step:
            self._step = task_id
            self._print(f"-- {task_id}")

    def _fail(self, record: Record) -> None:
        # Inside of a step Airflow logs errors that are none (an XCom that is not there yet), and each failure again.
        is_telling = "timberline" in record.logger or record.logger == TRACEBACK or not self._step
        if is_telling and not any(text in record.message for text in self.failures):
            self.failures.append(record.message)
            self._print(f"{self._step}: {record.message}" if self._step else record.message)

    def _print(self, message: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        # A table keeps its columns: it begins on a line of its own.
        text = message if message.startswith("\n") else f"{minutes:2d}:{seconds:02d}  {message}"
        print(text, file=self._out, flush=True)


def run(dag_id: str, conf: str | None, log_path: Path) -> int:
    """Run the DAG and return Airflow's exit code; 130 where the user interrupted it."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "airflow", "dags", "test", dag_id, *(["--conf", conf] if conf else [])]
    console = Console(sys.stdout)
    with log_path.open("w", encoding="utf-8") as log:
        airflow = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
        )
        assert airflow.stdout is not None
        try:
            for record in records(_copied(airflow.stdout, log)):
                console.show(record)
            code = airflow.wait()
        except KeyboardInterrupt:
            _end(airflow)
            print(f"\nInterrupted. Airflow's log: {log_path}", flush=True)
            return 130
    if code != 0:
        # Where no task told what is wrong, the end of the log does (no such DAG, for example).
        lines = [] if console.failures else last_words(log_path.read_text(encoding="utf-8").splitlines())
        print(f"\n{dag_id} failed. Airflow's whole log: {log_path}", *lines, sep="\n  ", flush=True)
    return 128 - code if code < 0 else code


def _end(airflow: "subprocess.Popen[str]") -> None:
    """Airflow got the interrupt too, but its threads may keep it from ending, and its tasks may leave processes."""
    try:
        tree = psutil.Process(airflow.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        tree = []
    try:
        airflow.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        airflow.kill()
        airflow.wait()
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(tree, _GRACE_S)


def _copied(lines: Iterable[str], log: TextIO) -> Iterator[str]:
    for line in lines:
        log.write(line)
        log.flush()
        yield line


def last_words(lines: Sequence[str]) -> list[str]:
    """Return what a log that told no failure ends with: of a traceback, the exception alone."""
    plain = [line for line in lines if line.strip() and not _RECORD.match(line)]
    tracebacks = [number for number, line in enumerate(plain) if line.startswith(_TRACEBACK_HEAD)]
    if not tracebacks:
        return plain[-_ERROR_LINES:]
    after = plain[tracebacks[-1] + 1 :]
    return list(dropwhile(lambda line: line[0].isspace(), after))[:_ERROR_LINES]


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m local.run_dag", description="Run one DAG.")
    parser.add_argument("dag_id")
    parser.add_argument("--conf", help="the run's parameters as a JSON object")
    parser.add_argument("--log", type=Path, required=True, help="where Airflow's log goes")
    arguments = parser.parse_args()
    return run(arguments.dag_id, arguments.conf or None, arguments.log)


if __name__ == "__main__":
    sys.exit(main())
