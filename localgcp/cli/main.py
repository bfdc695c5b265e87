"""The command line: serve, run a command with a server of its own, inspect servers and state folders."""

import argparse
import faulthandler
import json
import logging
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localgcp.cli import coverage_command, doctor, status
from localgcp.cli.child import Child
from localgcp.core.http.app import log_to_stderr
from localgcp.core.http.settings import Settings
from localgcp.core.state.folder import StateUnusable, is_state_folder
from localgcp.server.server import BucketRefused, PortInUse, Server, running_port

# Ending the jobs, queries, readers and requests takes a few seconds each.
_STOP_S = 40.0
_WAKE_S = 0.25
_ADMIN_TIMEOUT_S = 60
_LARGEST_PORT = 65535


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; 2 means a wrong call, or a folder or port that cannot be used.

    The caller must end the process then: a process that has stopped a server is killed some time later.
    """
    arguments = _parser().parse_args(argv)
    log_to_stderr(logging.DEBUG if arguments.verbose else logging.WARNING)
    try:
        return int(arguments.action(arguments))
    except (StateUnusable, PortInUse, BucketRefused) as error:
        print(f"localgcp: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localgcp", description="The local Google Cloud.")
    shared = argparse.ArgumentParser(add_help=False)
    default_state = Path(os.environ.get("LOCALGCP_STATE_DIR", ".localgcp"))
    shared.add_argument("--state", type=Path, default=default_state, help="the folder for all state (%(default)s)")
    shared.add_argument("--project", default="local-project", help="the project that clients use (%(default)s)")
    shared.add_argument(
        "--bucket", action="append", default=[], help="a bucket to create if it does not exist; may be repeated"
    )
    shared.add_argument("--verbose", action="store_true", help="log every step to standard error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve", parents=[shared], help="serve until interrupted; prints one JSON line with the endpoints"
    )
    serve.add_argument("--port", type=_port, default=0, help="the port; 0 chooses a free port (%(default)s)")
    serve.set_defaults(action=_serve)
    run = commands.add_parser("run", parents=[shared], help="serve while a command runs, and pass its exit code on")
    run.add_argument("command", nargs="+", metavar="-- COMMAND", help="the command to run")
    run.set_defaults(action=_run, port=0)
    show = commands.add_parser("status", parents=[shared], help="show jobs, trials and metrics")
    show.set_defaults(action=_status)
    reset = commands.add_parser("reset", parents=[shared], help="delete all state; a running server keeps running")
    reset.set_defaults(action=_reset)
    examine = commands.add_parser("doctor", parents=[shared], help="check whether localgcp can work on this machine")
    examine.set_defaults(action=_doctor)
    coverage_command.add_to(commands)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {_LARGEST_PORT}, found {port}")
    return port


def _server(arguments: argparse.Namespace) -> Server:
    return Server(Settings(state_dir=arguments.state.resolve(), project=arguments.project), buckets=arguments.bucket)


def _serve(arguments: argparse.Namespace) -> int:
    server = _server(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    try:
        server.start(arguments.port)
        print(json.dumps({"port": server.port, "environment": server.environment}), flush=True)
        # Any thread may get the signal, but Python handles it only when the main thread wakes.
        while not ended.wait(_WAKE_S):
            pass
    finally:
        _stop(server)
    return 0


def _stop(server: Server) -> None:
    """Stop the server; if it does not end in time, kill this process, which never damages the state."""
    # The limit holds until the process has ended: the interpreter waits for threads too. Their stacks are printed.
    faulthandler.dump_traceback_later(_STOP_S, exit=True, file=sys.stderr or os.open(os.devnull, os.O_WRONLY))
    server.stop()


def _run(arguments: argparse.Namespace) -> int:
    child = Child()
    server = _server(arguments)
    try:
        server.start()
        code = _run_child(child, arguments.command, os.environ | server.environment)
        if child.interrupted:
            # No client waits for these jobs any more, and they would take CPU time from the next run.
            server.cancel_jobs()
        return code
    finally:
        _stop(server)


def _run_child(child: Child, command: Sequence[str], environment: Mapping[str, str]) -> int:
    try:
        return child.run(command, environment)
    except FileNotFoundError:
        print(f"localgcp: no such command: {command[0]}", file=sys.stderr)
        return 127
    except OSError as error:
        print(f"localgcp: {command[0]} cannot be executed: {error.strerror}", file=sys.stderr)
        return 126


def _status(arguments: argparse.Namespace) -> int:
    port = running_port(arguments.state.resolve())
    print(status.render(_left_snapshot(arguments) if port is None else _ask(port, "GET", "status")))
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    folder = arguments.state.resolve()
    if not is_state_folder(folder):
        raise StateUnusable(f"{arguments.state} is not a state folder: no server has used it (see --state).")
    port = running_port(folder)
    if port is not None:
        _ask(port, "POST", "reset")
        return 0
    server = _server(arguments)
    try:
        server.reset()
    finally:
        server.stop()
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    findings = doctor.examine(Settings(state_dir=arguments.state.resolve()), os.environ)
    print("\n".join(finding.line() for finding in findings))
    return 0 if all(finding.is_ok for finding in findings) else 1


def _ask(port: int, verb: str, path: str) -> dict[str, Any]:
    # Calls to loopback do not go through the proxy of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/localgcp/{path}", method=verb)
        with opener.open(request, timeout=_ADMIN_TIMEOUT_S) as reply:
            answer: dict[str, Any] = json.load(reply)
    except OSError as error:
        raise StateUnusable(f"The server of the state folder does not answer on port {port}: {error}.") from error
    return answer


def _left_snapshot(arguments: argparse.Namespace) -> dict[str, Any]:
    if not arguments.state.is_dir():
        raise StateUnusable(f"The state folder {arguments.state} does not exist: no server has used it (see --state).")
    print(
        f"localgcp: no server uses the state folder {arguments.state}; this is the state that the last server left.",
        file=sys.stderr,
    )
    server = _server(arguments)
    snapshot = server.application.snapshot()
    server.stop()
    return snapshot
