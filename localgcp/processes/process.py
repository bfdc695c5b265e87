"""A process as a value: what is started, in which environment, and how it ended."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localgcp.processes.images.resources import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A process to start.

    Attributes:
        env: all of its variables.
        cwd: its working directory, which exists.
        log: the file for its standard output.
        errors: the file for its standard error; None writes both streams to `log`.
    """

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: Path
    log: Path
    errors: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """How a process ended.

    Attributes:
        code: the exit code; 128 + n if signal n ended the process, as in shells and containers.
        signal_name: for example `SIGKILL`; empty if the process exited by itself.
        cpu_s: user and system time in seconds, including the children.
    """

    code: int
    signal_name: str = ""
    cpu_s: float = 0.0


def base_variables(environment: Environment, home: Path, client: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that every process gets: those of its image, and those by which clients find this server.

    Args:
        home: the home folder of the process.
        client: the variables of the clients.
    """
    return {
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **environment.startup.env,
        "PATH": os.pathsep.join([str(environment.python.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        **client,
    }
