"""Run Airflow as it runs in production, scheduler, triggerer and web interface, until Ctrl-C.

What the processes print goes to files; the terminal gets the address, the login and where the logs are. Exit codes: 130
after Ctrl-C, 1 where Airflow could not start or one of its processes ended, 2 where the port cannot be used.
"""

import argparse
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from local.airflow_api import AirflowApi
from local.components import COMMANDS, ComponentEnded, Components

_HOST = "127.0.0.1"
USER = "admin"
PASSWORD_FILE = "ui_password.json"
_PASSWORD_BYTES = 12
_LARGEST_PORT = 65535
_START_S = 180.0
_LOOK_S = 0.5
# Tasks here mostly wait for a service; the trials have the processors.
_PARALLEL_TASKS = 4


class CannotStart(Exception):
    """Airflow is not there in time."""


def environment(port: int, password_file: Path) -> dict[str, str]:
    """Return Airflow's settings for an interface on this machine alone."""
    url = f"http://{_HOST}:{port}"
    return {
        "AIRFLOW__API__HOST": _HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(_PARALLEL_TASKS),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file),
        # A new DAG file appears within seconds, not minutes.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
    }


def run(port: int, home: Path, logs: Path) -> int:
    """Start Airflow, say where it is, wait for Ctrl-C, and return the exit code."""
    if (reason := _refusal(port)) is not None:
        print(f"Port {port} {reason}, or name another one: make ui PORT={port + 1}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    password = password_in(home / PASSWORD_FILE)
    components = Components(environment(port, home / PASSWORD_FILE), logs)
    url = f"http://{_HOST}:{port}"
    try:
        print("Starting Airflow ...", flush=True)
        for line in start(components, AirflowApi(url, USER, password)):
            print(line, flush=True)
        print(f"\n  {url}\n  login     {USER} / {password}\n  logs      {logs}\n  Ctrl-C stops.\n", flush=True)
        while True:
            components.check()
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        print("\nStopping Airflow ...", flush=True)
        return 130
    except (ComponentEnded, CannotStart) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    finally:
        # From here on a second Ctrl-C would only leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        components.stop()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refusal(port: int) -> str | None:
    """Return why the port cannot be listened on, None where it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except PermissionError:
            return "cannot be used: it is not for this user. Allow it"
        except OSError:
            return "is in use by another program. Stop it"
    return None


def password_in(path: Path) -> str:
    """Return the login's password, which is made once; other users of the machine cannot read it."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[USER])
    except (OSError, ValueError, KeyError):
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({USER: password}, file)
        return password


def start(components: Components, api: AirflowApi) -> list[str]:
    """Start all components and return what is to be told when all of them are at work.

    The scheduler is the last. A run that the end of its process left unfinished would go on as soon as there is one.

    Raises:
        ComponentEnded: one of them is no more.
        CannotStart: they took too long.
    """
    since = datetime.now(UTC)
    deadline_s = time.monotonic() + _START_S
    *others, scheduler = COMMANDS
    for name in others:
        components.start(name)
    _wait(components, lambda: api.sleeping(["dag-processor"], since), deadline_s)
    failed = api.fail_unfinished_runs()
    components.start(scheduler)
    _wait(components, lambda: api.sleeping(["triggerer", scheduler], since), deadline_s)
    _wait(components, lambda: [] if api.dag_ids() or api.import_errors() else ["list of DAGs"], deadline_s)
    return [
        *(f"Interrupted earlier, now marked as failed: {run}" for run in failed),
        *(f"Cannot be imported, the interface shows why: {name}" for name in api.import_errors()),
    ]


def _wait(components: Components, missing: Callable[[], Sequence[str]], deadline_s: float) -> None:
    """Wait until nothing is missing."""
    reason = ""
    while time.monotonic() < deadline_s:
        components.check()
        try:
            if not (names := missing()):
                return
            reason = f"no sign of life from: {', '.join(names)}"
        except OSError as error:
            reason = f"its API server does not answer: {error}"
        time.sleep(_LOOK_S)
    raise CannotStart(f"Airflow did not start within {_START_S:.0f} s, {reason}. The logs: {components.logs}")


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m local.ui", description="Run Airflow with its web interface.")
    parser.add_argument("--port", type=_port, default=8080, help="of the interface, on loopback (%(default)s)")
    parser.add_argument("--home", type=Path, required=True, help="AIRFLOW_HOME, where the password is kept")
    parser.add_argument("--logs", type=Path, required=True, help="a folder for the processes' logs")
    arguments = parser.parse_args()
    return run(arguments.port, arguments.home, arguments.logs)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {_LARGEST_PORT}, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
