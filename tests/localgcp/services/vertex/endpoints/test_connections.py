"""Calls to one process over connections that are kept open."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localgcp.services.vertex.endpoints.connections import Connections, NoAnswer, TooSlow, is_healthy


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections: set[tuple[str, int]] = set()
    hold = threading.Event()

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/health" else 503)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.connections.add(self.client_address)
        if self.path == "/hang":
            self.hold.wait(10)
        self.answer(200)
        # Closed without a word, as servers do with connections that were idle for too long.
        self.close_connection = self.path == "/last"

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Handler.connections, Handler.hold = set(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    Handler.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


def post(connections: Connections, path: str, timeout_s: float = 10) -> int:
    return connections.post(path, b"{}", {"content-type": "application/json"}, timeout_s).status


def test_connection_is_reused(port: int) -> None:
    connections = Connections(port)
    assert [post(connections, "/") for _ in range(5)] == [200] * 5
    assert len(Handler.connections) == 1
    connections.close()


def test_connection_that_the_server_closed_is_replaced(port: int) -> None:
    connections = Connections(port)
    assert [post(connections, "/last") for _ in range(3)] == [200] * 3
    assert len(Handler.connections) == 3
    connections.close()


def test_missing_response_is_too_slow(port: int) -> None:
    with pytest.raises(TooSlow, match=r"0\.1 seconds"):
        post(Connections(port), "/hang", timeout_s=0.1)


def test_port_without_a_listener_gives_no_answer(port: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.server_close()
    with pytest.raises(NoAnswer):
        post(Connections(server.server_port), "/")
    assert not is_healthy(server.server_port, "/health", 1)


def test_only_200_is_healthy(port: int) -> None:
    assert is_healthy(port, "/health", 1)
    assert not is_healthy(port, "/other", 1)
