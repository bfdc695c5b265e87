"""Batch requests."""

from collections.abc import Callable
from urllib.parse import quote

from localgcp.core.http.routing import Reply, Request
from localgcp.services.storage.store import StorageStore
from tests.localgcp.services.storage.wire import Api


def _object(name: str) -> str:
    return f"/storage/v1/b/bucket-1/o/{quote(name, safe='')}"


def _batch(*calls: str) -> bytes:
    parts = [
        f"--X\r\nContent-Type: application/http\r\nContent-ID: <id+{n}>\r\n\r\n{call}\r\n"
        for n, call in enumerate(calls)
    ]
    return "".join([*parts, "--X--"]).encode()


def test_failed_call_does_not_stop_the_other_calls_of_a_batch(api: Api, store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"x")
    body = _batch(
        f"DELETE {_object('missing')} HTTP/1.1\r\n",
        f'PATCH {_object("a")} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{"metadata": {{"k": "v"}}}}',
    )
    reply = api.call("POST", "/batch/storage/v1", body, content_type="multipart/mixed; boundary=X")
    assert isinstance(reply.body, bytes)
    assert b"<response-id+0>" in reply.body
    assert reply.body.index(b"HTTP/1.1 404") < reply.body.index(b"HTTP/1.1 200")
    assert store.get_object("bucket-1", "a").settings["metadata"] == {"k": "v"}


def test_batch_of_over_100_calls_is_refused(api: Api) -> None:
    body = _batch(*[f"DELETE {_object('a')} HTTP/1.1\r\n"] * 101)
    assert api.error("POST", "/batch/storage/v1", body, content_type="multipart/mixed; boundary=X").code == 400


def test_media_in_a_batch_is_a_501(api: Api) -> None:
    body = _batch(f"GET {_object('a')}?alt=media HTTP/1.1\r\n")
    reply = api.call("POST", "/batch/storage/v1", body, content_type="multipart/mixed; boundary=X")
    assert isinstance(reply.body, bytes)
    assert b"HTTP/1.1 501" in reply.body


def test_each_call_of_a_batch_is_observed(api: Api, store: StorageStore) -> None:
    store.put_bytes("bucket-1", "a", b"x")
    seen = []

    def observe(request: Request, call: Callable[[], Reply]) -> Reply:
        seen.append(request.method_id)
        return call()

    body = _batch(f"GET {_object('a')} HTTP/1.1\r\n", f"DELETE {_object('a')} HTTP/1.1\r\n")
    request = Request(
        method_id="storage.batch", verb="POST", path="/batch/storage/v1", params={}, body=body, observe=observe,
        headers={"content-type": "multipart/mixed; boundary=X"},
    )  # fmt: skip
    api.send(request)
    assert seen == ["storage.objects.get", "storage.objects.delete"]
