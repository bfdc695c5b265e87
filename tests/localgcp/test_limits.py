"""What a request may be at most, and where the server can be reached from."""

import http.client
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from localgcp.core.http.settings import Settings
from localgcp.server.server import Server

_LIMIT = 1_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Settings(state_dir=tmp_path_factory.mktemp("state"), max_body_bytes=_LIMIT), ["b-1"])
    found.start()
    yield found
    found.stop()


_UPLOAD = "/upload/storage/v1/b/b-1/o?uploadType=media&name=x"


def _send(server: Server, verb: str, path: str, body: bytes | Iterator[bytes]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request(verb, path, body)
        return connection.getresponse().status


@pytest.mark.parametrize(("size", "status"), [(_LIMIT, 200), (_LIMIT + 1, 413)])
def test_a_body_is_bounded(server: Server, size: int, status: int) -> None:
    assert _send(server, "PATCH", "/storage/v1/b/b-1", b" " * size) == status


def test_a_body_without_a_stated_length_is_bounded_too(server: Server) -> None:
    assert _send(server, "PATCH", "/storage/v1/b/b-1", iter([b" " * _LIMIT, b" "])) == 413


def test_an_upload_to_cloud_storage_has_no_bound(server: Server) -> None:
    assert _send(server, "POST", _UPLOAD, bytes(_LIMIT + 1)) == 200
    assert _send(server, "POST", _UPLOAD, iter([bytes(_LIMIT), b"x"])) == 200


def test_nothing_but_loopback_is_listened_on(server: Server) -> None:
    listening = [each for each in psutil.Process().net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    assert {each.laddr.ip for each in listening if each.laddr.port == server.port} == {"127.0.0.1"}
