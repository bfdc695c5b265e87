"""Starts the processes of one Python environment, with the costly imports already done.

The interpreter of the environment runs this file, with the modules to import as arguments, so it uses the standard
library alone. It reads requests from standard input and writes events to standard output, one JSON object per line:

    {"launch": id, "argv": [...], "env": {...}, "cwd": path, "log": path, "errors": path}
    {"signal": number, "to": id}

    {"ready": true}
    {"started": id, "pid": number}
    {"ended": id, "code": number or null, "signal": number or null, "cpu_s": seconds}

Each process leads a session of its own. `python -m module` and `python script.py` run in a fork of this process, so
the modules are imported already; any other command is executed. When standard input ends, all processes are killed, so
that no trial outlives its server.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import re
import runpy
import select
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

_PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/prctl.2.html
_PR_SET_CHILD_SUBREAPER = 36
_PYTHON = re.compile(r"python(3(\.\d+)?)?")


class ForkServer:
    """Forks on request, and reports the end of each process."""

    def __init__(self, requests: int, events: int) -> None:
        """Take over the descriptors of the two channels."""
        self._requests, self._events = requests, events
        self._running: dict[int, str] = {}
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        os.set_blocking(self._wake_read, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> dict[str, Any] | None:
        """Answer requests; return the launch request in a forked child, None in this process when the input ends."""
        self._send(ready=True)
        pending = b""
        while True:
            readable, _, _ = select.select([self._requests, self._wake_read], [], [])
            if self._wake_read in readable:
                os.read(self._wake_read, 4096)
                self._reap()
            if self._requests in readable:
                data = os.read(self._requests, 1 << 16)
                if not data:
                    self._kill_all()
                    return None
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    child = self._handle(json.loads(line))
                    if child is not None:
                        return child

    def _handle(self, request: dict[str, Any]) -> dict[str, Any] | None:
        if "signal" in request:
            for pid, name in self._running.items():
                if name == request["to"]:
                    _signal_group(pid, request["signal"])
            return None
        pid = os.fork()
        if pid == 0:
            self._leave()
            return request
        self._running[pid] = request["launch"]
        self._send(started=request["launch"], pid=pid)
        return None

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self._running.pop(pid, None)
            if name is None:
                continue  # a process that a trial has left behind
            # As in a container, the other processes end with the main process.
            _signal_group(pid, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(status)
            died_by = -code if code < 0 else None
            self._send(
                ended=name, code=None if died_by else code, signal=died_by, cpu_s=usage.ru_utime + usage.ru_stime
            )

    def _kill_all(self) -> None:
        for pid in self._running:
            _signal_group(pid, signal.SIGKILL)
        # Wait, so that no child is left when this process ends.
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()

    def _leave(self) -> None:
        """Undo, in a child, the signal handlers and descriptors of the server."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for descriptor in (self._requests, self._events, self._wake_read, self._wake_write):
            os.close(descriptor)

    def _send(self, **event: Any) -> None:
        os.write(self._events, (json.dumps(event) + "\n").encode())


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        # The group is empty, or the child has not created it yet.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _apply_request(request: dict[str, Any]) -> None:
    """Give this process the streams, variables and folder of the launch request."""
    null = os.open(os.devnull, os.O_RDONLY)
    log, errors = (os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for name in ("log", "errors"))
    for source, target in ((null, 0), (log, 1), (errors, 2)):
        os.dup2(source, target)
        os.close(source)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])


def _reset_inherited_state() -> None:
    """Reset what a forked process must not share with its siblings."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure")(line_buffering=True)  # noqa: B009  (mypy: any TextIO may be there)
    if "numpy.random" in sys.modules:
        vars(sys.modules["numpy.random"])["seed"]()
    if "tempfile" in sys.modules:
        vars(sys.modules["tempfile"])["tempdir"] = None


def _as_python(argv: list[str]) -> tuple[str, str, list[str]] | None:
    """Return the kind (`module` or `script`), name and arguments of a Python command line, or None for any other."""
    rest = list(argv[1:])
    is_this_python = argv[0] == sys.executable or _PYTHON.fullmatch(argv[0])
    while rest and rest[0] == "-u":
        rest.pop(0)
    if not is_this_python or not rest:
        return None
    if rest[0] == "-m" and len(rest) > 1:
        return "module", rest[1], rest[2:]
    return None if rest[0].startswith("-") else ("script", rest[0], rest[1:])


def _run_python(kind: str, name: str, arguments: list[str]) -> int:
    """Run as `python -m` or `python script` would, and return the exit code."""
    sys.argv = [name, *arguments]
    try:
        if kind == "module":
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, str(Path(name).resolve().parent))
            runpy.run_path(name, run_name="__main__")
    except SystemExit as error:
        return _exit_code(error.code)
    except BaseException as error:
        # The traceback leaves out the frames of this file and of runpy, which the user did not write.
        frames = _user_frames(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(frames), frames)
        return 1
    return 0


def _user_frames(frames: TracebackType | None) -> TracebackType | None:
    inner = frames
    while inner is not None and inner.tb_frame.f_code.co_filename in (__file__, runpy.__file__, "<frozen runpy>"):
        inner = inner.tb_next
    return inner or frames


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _execute(argv: list[str]) -> None:
    try:
        os.execvpe(argv[0], argv, os.environ)
    except OSError as error:
        _write_error(f"exec: {argv[0]!r}: {error.strerror}")
        # The exit codes of shells and Docker for a command that is not found, and one that is not executable.
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _write_error(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _end(code: int) -> None:
    """End as the interpreter does, but without freeing memory: the imported modules share it with the server."""
    try:
        vars(threading)["_shutdown"]()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        code = code or 1
    os._exit(code)


def main(modules: list[str]) -> None:
    """Import the modules, serve requests, and in each forked child run the requested command."""
    requests, events = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    del sys.path[0]
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:
            # A trial that needs the module fails with the same error in its own log.
            traceback.print_exc()
    sys.stdout.flush()
    gc.collect()
    gc.freeze()
    request = ForkServer(requests, events).serve()
    if request is None:
        return
    try:
        _apply_request(request)
    except OSError as error:
        _write_error(f"cannot start {request['argv'][0]}: {error}")
        os._exit(126)
    python = _as_python(request["argv"]) if modules else None
    if python is None:
        _execute(request["argv"])
    else:
        _reset_inherited_state()
        _end(_run_python(*python))


if __name__ == "__main__":
    main(sys.argv[1:])
