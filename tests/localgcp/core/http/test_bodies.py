"""Bodies that break off, and where they are kept."""

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import anyio
import pytest

from localgcp.core.http import bodies
from localgcp.core.http.settings import Settings
from localgcp.server.server import Server

_CHUNK = 256 * 1024
_PATH = "/upload/storage/v1/b/b-1/o"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Settings(state_dir=tmp_path_factory.mktemp("state")), ["b-1"])
    found.start()
    yield found
    found.stop()


def _break_off(server: Server, verb: str, target: str, headers: str, body: bytes) -> None:
    """Send the head of a request and a part of its body, and hang up; return when the server is done with it."""
    requests = server.application.requests
    before = len(requests.requests())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"{verb} {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)
    deadline = time.monotonic() + 10
    while len(requests.requests()) == before and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert len(requests.requests()) > before


def _call(server: Server, verb: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request(verb, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status, dict(reply.getheaders())


def test_interrupted_simple_upload_creates_no_object(server: Server) -> None:
    _break_off(server, "POST", f"{_PATH}?uploadType=media&name=half", "Content-Length: 10\r\n", b"12345")
    assert _call(server, "GET", "/storage/v1/b/b-1/o/half")[0] == 404


def test_resumable_upload_continues_after_a_broken_connection(server: Server) -> None:
    _, headers = _call(server, "POST", f"{_PATH}?uploadType=resumable&name=whole")
    session = headers["location"].partition(str(server.port))[2]
    total, sent = 3 * _CHUNK, 2 * _CHUNK + 7
    stated = f"Content-Length: {total}\r\nContent-Range: bytes 0-{total - 1}/{total}\r\n"
    _break_off(server, "PUT", session, stated, b"x" * sent)
    status, headers = _call(server, "PUT", session, Content_Range=f"bytes */{total}")
    assert (status, headers["range"]) == (308, f"bytes=0-{2 * _CHUNK - 1}")
    rest = f"bytes {2 * _CHUNK}-{total - 1}/{total}"
    assert _call(server, "PUT", session, b"x" * _CHUNK, Content_Range=rest)[0] == 200


def test_offset_after_the_received_bytes_is_refused(server: Server) -> None:
    _, headers = _call(server, "POST", f"{_PATH}?uploadType=resumable&name=gap")
    session = headers["location"].partition(str(server.port))[2]
    assert _call(server, "PUT", session, b"x" * 5, Content_Range="bytes 10-14/15")[0] == 400


def test_large_upload_is_on_disk_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    messages = [{"type": "http.request", "body": b"x" * _CHUNK, "more_body": number < 7} for number in range(8)]

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    body = anyio.run(bodies.spool, receive, tmp_path)
    assert body.stream is not None
    assert (body.is_whole, len(body.stream.read())) == (True, 8 * _CHUNK)
    body.close()
    assert list(tmp_path.iterdir()) == []
