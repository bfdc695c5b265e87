"""Uploaded files of load jobs."""

from dataclasses import replace
from pathlib import Path

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.routing import Request
from localgcp.services.bigquery.transfer.uploads import LoadUploads


@pytest.fixture
def uploads(tmp_path: Path) -> LoadUploads:
    return LoadUploads(tmp_path)


def request(body: bytes, content_type: str = "") -> Request:
    return Request(
        method_id="bigquery.jobs.insert", verb="POST", path="/upload/bigquery/v2/projects/p/jobs",
        params={"projectId": "p"}, headers={"content-type": content_type}, body=body, is_upload=True,
    )  # fmt: skip


def multipart(*parts: bytes) -> bytes:
    sections = [b"--==x==\r\nContent-Type: any/thing\r\n\r\n" + part + b"\r\n" for part in parts]
    return b"".join(sections) + b"--==x==--"


class TestMultipart:
    @pytest.mark.parametrize("content", [b"a,b\r\n1,2\r\n", b"", b"\r\n\r\n--", bytes(range(256))])
    def test_file_arrives_byte_by_byte(self, uploads: LoadUploads, content: bytes) -> None:
        body, path = uploads.multipart(
            request(multipart(b'{"configuration": {}}', content), 'multipart/related; boundary="==x=="')
        )
        assert body == {"configuration": {}}
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        ("body", "content_type", "message"),
        [
            (multipart(b"{}", b"x"), "multipart/related", "boundary"),
            (multipart(b"{}"), "multipart/related; boundary===x==", "two parts"),
            (multipart(b"{}", b"x", b"y"), "multipart/related; boundary===x==", "two parts"),
            (multipart(b"no json", b"x"), "multipart/related; boundary===x==", "Invalid JSON"),
        ],
    )
    def test_invalid_body_is_a_400(self, uploads: LoadUploads, body: bytes, content_type: str, message: str) -> None:
        with pytest.raises(ApiError, match=message) as caught:
            uploads.multipart(request(body, content_type))
        assert caught.value.code == 400


def chunk(content_range: str, content: bytes) -> Request:
    headers = {"content-range": content_range} if content_range else {}
    return replace(request(content), verb="PUT", headers=headers)


class TestResumable:
    def test_chunks_become_one_file(self, uploads: LoadUploads) -> None:
        session_id = uploads.start(request(b'{"configuration": {}}'))
        assert uploads.receive(session_id, chunk("bytes 0-3/*", b"abcd")).received_bytes == 4
        progress = uploads.receive(session_id, chunk("bytes 4-5/6", b"ef"))
        assert progress.session is not None
        assert progress.session.path.read_bytes() == b"abcdef"
        assert (progress.session.project, progress.session.body) == ("p", {"configuration": {}})

    def test_chunk_without_range_is_the_whole_file(self, uploads: LoadUploads) -> None:
        progress = uploads.receive(uploads.start(request(b"{}")), chunk("", b"abc"))
        assert progress.session is not None
        assert progress.session.path.read_bytes() == b"abc"

    def test_empty_file_is_a_file(self, uploads: LoadUploads) -> None:
        progress = uploads.receive(uploads.start(request(b"{}")), chunk("bytes */0", b""))
        assert progress.session is not None

    def test_client_can_ask_for_the_progress(self, uploads: LoadUploads) -> None:
        session_id = uploads.start(request(b"{}"))
        uploads.receive(session_id, chunk("bytes 0-3/10", b"abcd"))
        progress = uploads.receive(session_id, chunk("bytes */10", b""))
        assert (progress.received_bytes, progress.session) == (4, None)

    @pytest.mark.parametrize("content_range", ["bytes 5-6/10", "bytes 4-9/10", "nonsense"])
    def test_chunk_that_does_not_continue_the_file_is_a_400_and_changes_nothing(
        self, uploads: LoadUploads, content_range: str
    ) -> None:
        session_id = uploads.start(request(b"{}"))
        uploads.receive(session_id, chunk("bytes 0-3/10", b"abcd"))
        with pytest.raises(ApiError) as caught:
            uploads.receive(session_id, chunk(content_range, b"xy"))
        assert caught.value.code == 400
        assert uploads.receive(session_id, chunk("bytes */10", b"")).received_bytes == 4

    def test_repeated_chunk_is_stored_once(self, uploads: LoadUploads) -> None:
        session_id = uploads.start(request(b"{}"))
        for _ in range(2):
            assert uploads.receive(session_id, chunk("bytes 0-3/6", b"abcd")).received_bytes == 4
        progress = uploads.receive(session_id, chunk("bytes 2-5/6", b"cdef"))
        assert progress.session is not None
        assert progress.session.path.read_bytes() == b"abcdef"

    def test_complete_upload_is_closed(self, uploads: LoadUploads) -> None:
        session_id = uploads.start(request(b"{}"))
        uploads.receive(session_id, chunk("bytes 0-0/1", b"a"))
        with pytest.raises(ApiError, match=session_id) as caught:
            uploads.receive(session_id, chunk("bytes 0-0/1", b"a"))
        assert caught.value.code == 404
