"""Run programs in processes forked from one that has imported their libraries, as a runner with warm starts does.

A cold start of a trainer takes two to three seconds of CPU time, most of it for imports; a fork takes 0.1 seconds.
"""

import multiprocessing
import os
import resource
import runpy
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What a process runs."""

    name: str
    """The module, as after `python -m`; or the path of a file that ends with `.py`."""
    argv: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables beside those of this process."""
    largest_file_bytes: int | None = None
    """A write beyond this size fails half-way, as on a full disk; None for no limit."""


def preload(modules: Sequence[str]) -> None:
    """Choose the modules that the first process imports; call this before any program is started."""
    _CONTEXT.set_forkserver_preload(list(modules))


def preload_of(pyproject: Path) -> list[str]:
    """Return the modules that a trainer's `pyproject.toml` lets a runner import once."""
    modules: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["localgcp"]["preload"]
    return modules


def start(program: Program, stdout: Connection, stderr: Connection) -> ForkServerProcess:
    """Start a program.

    Args:
        program: What to run.
        stdout: The writing end of a pipe for its output; this process closes it.
        stderr: The same for its errors; may be the same pipe.

    Returns:
        The running process.
    """
    process = _CONTEXT.Process(target=_run, args=(program, stdout, stderr), daemon=True)
    process.start()
    for pipe in {stdout, stderr}:
        pipe.close()
    return process


def open_pipe() -> tuple[Connection, Connection]:
    """Return the reading and the writing end of a new pipe."""
    return _CONTEXT.Pipe(duplex=False)


def _run(program: Program, stdout: Connection, stderr: Connection) -> None:
    """Run a program in this process, which the fork server has just forked."""
    os.environ.update(program.variables)
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    if program.largest_file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (program.largest_file_bytes, program.largest_file_bytes))
    sys.argv = [program.name, *program.argv]
    if program.name.endswith(".py"):
        runpy.run_path(program.name, run_name="__main__")
    else:
        runpy.run_module(program.name, run_name="__main__", alter_sys=True)
