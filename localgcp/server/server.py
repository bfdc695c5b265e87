"""The server: the services behind one socket, started, reset and stopped together."""

import errno
import json
import os
import socket
import threading
from asyncio import Transport
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from localgcp.core.http.app import Application, Scope
from localgcp.core.http.environment import client_environment
from localgcp.core.http.settings import Settings
from localgcp.core.state.folder import is_held
from localgcp.core.state.state import State
from localgcp.server.wiring import BucketRefused, wire

__all__ = ["HOST", "BucketRefused", "PortInUse", "Server", "running_port"]

HOST = "127.0.0.1"
_ENDPOINT_FILE = "server.json"
_LAST_REQUESTS_S = 3.0
_KEEP_ALIVE_S = 600  # longer than a client's pause between polls, so that its pooled connection stays open


class PortInUse(Exception):
    """The requested port is in use, or this user may not use it."""


class Server:
    """One local cloud.

    Attributes:
        settings: its folders and limits.
        port: the port that it listens on; 0 before `start`.
        application: the ASGI application.
    """

    def __init__(self, settings: Settings, buckets: Sequence[str] = ()) -> None:
        """Open the state folder and build the services.

        Args:
            buckets: names of buckets to create if they do not exist.

        Raises:
            StateUnusable: another server holds the folder, or it cannot be opened.
            BucketRefused: a name is not allowed for a bucket.
        """
        self.settings = settings
        self.port = 0
        self._buckets = tuple(buckets)
        self._wiring = wire(settings, State(settings.state_dir), self._buckets)
        self.application = Application(self._wiring.served)
        self.application.reset = self.reset
        self._changing = threading.Lock()
        self._has_stopped = False
        self._socket: socket.socket | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which clients find this server."""
        return client_environment(self.port, self.settings.project)

    def start(self, port: int = 0) -> None:
        """Listen, resume the work of an earlier server, and serve from a thread.

        Args:
            port: 0 lets the system choose a free port.

        Raises:
            PortInUse: another process listens there.
        """
        self._bind(port)
        self._wiring.launcher.set_client(self.environment)
        config = uvicorn.Config(
            self.application, http=_Protocol, loop="asyncio", lifespan="off", log_level="warning", access_log=False,
            timeout_keep_alive=_KEEP_ALIVE_S, server_header=False, date_header=False,
        )  # fmt: skip
        self._uvicorn = uvicorn.Server(config)
        self.application.abort = _abort
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, name="localgcp-http"
        )
        self._thread.start()
        self.application.start()
        self._write_endpoint()

    def cancel_jobs(self) -> None:
        """Cancel every job that has not ended."""
        for runner in self._wiring.runners:
            runner.cancel_all()

    def reset(self) -> None:
        """End all work and delete all state; the port, the folder and the buckets given at the start stay."""
        with self._changing, self.application.alone():
            if self._has_stopped:
                return
            self.application.stop_services()
            state = self.application.context.state.emptied()
            self._wiring = wire(self.settings, state, self._buckets)
            self.application.serve(self._wiring.served)
            if self._thread is not None:
                self._wiring.launcher.set_client(self.environment)
                self.application.start()

    def stop(self) -> None:
        """Stop the services and the server; the state folder keeps all state."""
        (self.settings.state_dir / _ENDPOINT_FILE).unlink(missing_ok=True)
        with self._changing:
            self._has_stopped = True
            self.application.stop()
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.should_exit = True
            self._uvicorn.force_exit = True
            # With a time limit: a request may wait for a query that cannot be interrupted.
            self._thread.join(_LAST_REQUESTS_S)

    def _bind(self, port: int) -> None:
        # asyncio disables Nagle's algorithm (40 ms per response) only on sockets with an explicit protocol.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
        except OSError as error:
            bound.close()
            reason = (
                "is in use by another program. Stop it"
                if error.errno == errno.EADDRINUSE
                else (f"cannot be used: {error.strerror}. Allow it")
            )
            raise PortInUse(f"Port {port} {reason}, or name another port (--port 0 takes a free one).") from error
        bound.listen(256)
        bound.set_inheritable(False)
        self._socket = bound
        self.port = bound.getsockname()[1]

    def _write_endpoint(self) -> None:
        path = self.settings.state_dir / _ENDPOINT_FILE
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"port": self.port, "pid": os.getpid()}), encoding="utf-8")
        partial.replace(path)


def running_port(state_dir: Path) -> int | None:
    """Return the port of the server that uses a state folder, or None if no server uses it."""
    # A killed server leaves this file, but the system has released its lock.
    if not is_held(state_dir):
        return None
    try:
        found: dict[str, Any] = json.loads((state_dir / _ENDPOINT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return int(found["port"])


_connections: dict[tuple[str, int], Transport] = {}


class _Protocol(H11Protocol):
    """uvicorn's protocol, which also keeps each connection, so that a fault can cut it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Register the connection."""
        _connections[transport.get_extra_info("peername")] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        _connections.pop(self.transport.get_extra_info("peername"), None)
        super().connection_lost(exc)


def _abort(scope: Scope) -> None:
    transport = _connections.get(tuple(scope["client"]))
    if transport is not None:
        transport.abort()
