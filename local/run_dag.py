"""Run one DAG with `airflow dags test`, and print what a person wants to see of it.

Airflow's whole log goes to a file. The terminal gets one line per step, and the messages of the pipeline. The exit code
is Airflow's; 2 where CONF is not a JSON object.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import psutil

from local.airflow_log import FAILURE_LEVELS, TRACEBACK, Record, last_words, records

_START = re.compile(r"\[DAG TEST\] starting task_id=(\S+) map_index=(-?\d+)")
_GRACE_S = 3.0


class Console:
    """Prints the part of a run's log that concerns its user.

    Attributes:
        failures: the error messages printed so far.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._start = time.monotonic()
        self._step = ""
        self.failures: list[str] = []

    def show(self, record: Record) -> None:
        """Print a record if it starts a step, reports a failure, or comes from the pipeline."""
        if started := _START.match(record.message):
            self._begin(started[1])
        elif record.level in FAILURE_LEVELS:
            self._fail(record)
        elif "timberline" in record.logger:
            self._print(record.message)

    def _begin(self, task_id: str) -> None:
        if task_id != self._step:
            self._step = task_id
            self._print(f"-- {task_id}")

    def _fail(self, record: Record) -> None:
        # Within a step Airflow logs harmless errors (an XCom that does not exist yet), and repeats each failure.
        is_relevant = "timberline" in record.logger or record.logger == TRACEBACK or not self._step
        if is_relevant and not any(text in record.message for text in self.failures):
            self.failures.append(record.message)
            self._print(f"{self._step}: {record.message}" if self._step else record.message)

    def _print(self, message: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        # A table begins on a line of its own, so that its columns stay aligned.
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
        # No task reported a failure (the DAG does not exist, for example): the end of the log has the reason.
        lines = [] if console.failures else last_words(log_path.read_text(encoding="utf-8").splitlines())
        print(f"\n{dag_id} failed. Airflow's whole log: {log_path}", *lines, sep="\n  ", flush=True)
    return 128 - code if code < 0 else code


def _end(airflow: "subprocess.Popen[str]") -> None:
    """End Airflow after Ctrl-C. Airflow received it too, but a thread may block its end, and tasks leave processes."""
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
    """Write each line to the log file, and yield it."""
    for line in lines:
        log.write(line)
        log.flush()
        yield line


def conf_problem(conf: str) -> str | None:
    """Return why a text cannot be the parameters of a run; None where it is a JSON object."""
    expected = 'CONF: expected a JSON object such as {"preset": "quick"}'
    try:
        found = json.loads(conf)
    except ValueError as error:
        return f"{expected}, found {conf!r}, which is not JSON ({error})"
    return None if isinstance(found, dict) else f"{expected}, found {conf!r}"


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m local.run_dag", description="Run one DAG.")
    parser.add_argument("dag_id")
    parser.add_argument("--conf", help="the run's parameters as a JSON object")
    parser.add_argument("--log", type=Path, required=True, help="the file for Airflow's log")
    arguments = parser.parse_args()
    if arguments.conf and (problem := conf_problem(arguments.conf)):
        print(problem, file=sys.stderr)
        return 2
    return run(arguments.dag_id, arguments.conf or None, arguments.log)


if __name__ == "__main__":
    sys.exit(main())
