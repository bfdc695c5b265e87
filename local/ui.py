"""Run Airflow as it runs in production, scheduler, triggerer and web interface, until Ctrl-C.

The output of the processes goes to files. The terminal shows the address, the login and the folder of the logs. Exit
codes: 130 after Ctrl-C, 1 if Airflow cannot start or one of its processes ends, 2 if the port cannot be used.
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
# Few tasks at a time: the trials need the processors.
_PARALLEL_TASKS = 4


class CannotStart(Exception):
    """Airflow did not start in time."""


def environment(port: int, password_file: Path) -> dict[str, str]:
    """Return Airflow's settings for an interface that only this machine can reach."""
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
    """Start Airflow, print its address, wait for Ctrl-C, and return the exit code."""
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
        # A second Ctrl-C during the shutdown would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        components.stop()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refusal(port: int) -> str | None:
    """Return why the port cannot be used; None if it can."""
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
    """Return the password of the login. It is created once, in a file that other users of the machine cannot read."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[USER])
    except (OSError, ValueError, KeyError):
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({USER: password}, file)
        return password


def start(components: Components, api: AirflowApi) -> list[str]:
    """Start all components, wait until all of them work, and return the lines to print.

    The scheduler starts last: it would continue the runs that an earlier stop of Airflow interrupted, and these runs
    are marked as failed first.

    Raises:
        ComponentEnded: a component has ended.
        CannotStart: the start took too long.
    """
    since = datetime.now(UTC)
    deadline_s = time.monotonic() + _START_S
    *others, scheduler = COMMANDS
    for name in others:
        components.start(name)
    _wait(components, lambda: api.without_heartbeat(["dag-processor"], since), deadline_s)
    failed = api.fail_unfinished_runs()
    components.start(scheduler)
    _wait(components, lambda: api.without_heartbeat(["triggerer", scheduler], since), deadline_s)
    _wait(components, lambda: [] if api.dag_ids() or api.import_errors() else ["list of DAGs"], deadline_s)
    return [
        *(f"Interrupted earlier, now marked as failed: {run}" for run in failed),
        *(f"Cannot be imported, the interface shows why: {name}" for name in api.import_errors()),
    ]


def _wait(components: Components, missing: Callable[[], Sequence[str]], deadline_s: float) -> None:
    """Wait until `missing` returns nothing."""
    reason = ""
    while time.monotonic() < deadline_s:
        components.check()
        try:
            if not (names := missing()):
                return
            reason = f"no heartbeat of: {', '.join(names)}"
        except OSError as error:
            reason = f"the API server does not answer: {error}"
        time.sleep(_LOOK_S)
    raise CannotStart(f"Airflow did not start within {_START_S:.0f} s, {reason}. The logs: {components.logs}")


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m local.ui", description="Run Airflow with its web interface.")
    parser.add_argument("--port", type=_port, default=8080, help="of the interface, on loopback (%(default)s)")
    parser.add_argument("--home", type=Path, required=True, help="AIRFLOW_HOME; the password file is in it")
    parser.add_argument("--logs", type=Path, required=True, help="the folder for the logs of the processes")
    arguments = parser.parse_args()
    return run(arguments.port, arguments.home, arguments.logs)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {_LARGEST_PORT}, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
