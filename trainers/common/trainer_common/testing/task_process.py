"""Start a trainer's task as a training service does: a process that reads its flags and its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from trainer_common.testing.warm_process import Program, open_pipe, start

_TIMEOUT_S = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """How a process ended."""

    exit_code: int
    stdout: str
    stderr: str


def run_task(argv: Sequence[str], largest_file_bytes: int | None = None, **variables: str) -> Finished:
    """Run the module `trainer.task` in a process that has imported the libraries already.

    Args:
        argv: The command line of the task.
        largest_file_bytes: A write beyond this size fails half-way, as on a full disk.
        variables: Further environment variables.
    """
    program = Program(name="trainer.task", argv=tuple(argv), variables=variables, largest_file_bytes=largest_file_bytes)
    (output, stdout), (errors, stderr) = open_pipe(), open_pipe()
    process = start(program, stdout, stderr)
    # One after the other: a task writes less to stderr than a pipe holds.
    texts = [_read(output), _read(errors)]
    process.join(_TIMEOUT_S)
    assert process.exitcode is not None, "the task has closed its output and still runs"
    return Finished(exit_code=process.exitcode, stdout=texts[0], stderr=texts[1])


def run_cold_task(argv: Sequence[str], **variables: str) -> Finished:
    """Run `python -m trainer.task` in a new process, which imports everything itself."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-m", "trainer.task", *argv]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    return Finished(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def _read(pipe: Connection) -> str:
    """Return what the process writes until its end."""
    with pipe, os.fdopen(os.dup(pipe.fileno()), encoding="utf-8") as stream:
        return stream.read()


def read_metrics(folder: Path, split: str) -> dict[str, float | None]:
    """Return the metrics of a split in `metrics.json`, by name."""
    document = json.loads((folder / "metrics.json").read_text())
    return {metric["name"]: metric["value"] for metric in document["metrics"] if metric["split"] == split}


def list_files(folder: Path) -> list[str]:
    """Return the relative paths of all files in a folder and its subfolders, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
