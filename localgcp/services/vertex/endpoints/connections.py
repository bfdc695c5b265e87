"""HTTP calls to one process on this machine, over connections that are kept open."""

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

_HOST = "127.0.0.1"
_CONNECT_PAUSES_S = (0.02, 0.05, 0.1)


class NoAnswer(Exception):
    """No process listens, or the connection was closed before the response was complete."""


class TooSlow(Exception):
    """The response did not arrive in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The response of the process."""

    status: int
    content_type: str
    body: bytes


class Connections:
    """The connections to one port; safe for threads, because each call has a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        # pop and append of a list are atomic; the most recently used connection is taken first.
        self._idle: list[HTTPConnection] = []
        self._is_closed = threading.Event()

    def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
        """Send one request.

        Raises:
            NoAnswer: the process does not run, or ended before its response.
            TooSlow: the response took longer than the timeout.
        """
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                break
            try:
                return self._exchange(connection, path, body, headers, timeout_s)
            except NoAnswer:
                # A server may close an idle connection just before the call; a new one shows whether it runs.
                continue
        return self._exchange(HTTPConnection(_HOST, self._port), path, body, headers, timeout_s)

    def close(self) -> None:
        """Close the idle connections, and keep no connection open from now on."""
        self._is_closed.set()
        while self._idle:
            self._idle.pop().close()

    def _exchange(
        self, connection: HTTPConnection, path: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> Answer:
        connection.timeout = timeout_s
        try:
            if connection.sock is None:
                _connect(connection)
            connection.sock.settimeout(timeout_s)
            connection.request("POST", path, body, dict(headers))
            # A server that sends head and body separately waits for this acknowledgement in between, 40 ms by default.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            reply = connection.getresponse()
            answer = Answer(
                status=reply.status, content_type=reply.getheader("content-type", ""), body=reply.read()
            )  # fmt: skip
        except TimeoutError as error:
            connection.close()
            raise TooSlow(f"no answer after {timeout_s:g} seconds") from error
        except (OSError, HTTPException) as error:
            connection.close()
            raise NoAnswer(str(error) or type(error).__name__) from error
        # If the server asks for it, http.client closes the connection itself.
        if connection.sock is not None and not self._is_closed.is_set():
            self._idle.append(connection)
        return answer


def _connect(connection: HTTPConnection) -> None:
    """Connect; retry for a moment if the server's queue of new connections is full."""
    for pause_s in _CONNECT_PAUSES_S:
        try:
            return connection.connect()
        except ConnectionError:
            time.sleep(pause_s)
    return connection.connect()


def is_healthy(port: int, path: str, timeout_s: float) -> bool:
    """Return whether a health route responds with 200 in time, over a new connection."""
    connection = HTTPConnection(_HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
