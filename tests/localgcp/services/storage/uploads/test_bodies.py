"""Multipart bodies in memory and as streams."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.uploads.bodies import multipart, pieces, related


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.sampled_from([b"\r\n", b"\n"]))
def test_parts_are_read_as_they_were_sent(bodies: list[bytes], line_end: bytes) -> None:
    boundary = b"--==boundary=="
    sections = [boundary + line_end + b"Content-Type: a/b" + line_end * 2 + body + line_end for body in bodies]
    parts = multipart('multipart/related; boundary="==boundary=="', b"".join(sections) + boundary + b"--" + line_end)
    assert [part.body for part in parts] == bodies
    assert all(part.headers == {"content-type": "a/b"} for part in parts)


def test_part_may_contain_the_boundary_within_a_line() -> None:
    body = b"--b\r\n\r\nnot at the start: --b of a line\r\n--b--"
    assert multipart("multipart/related; boundary=b", body)[0].body == b"not at the start: --b of a line"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/related", b"--b\r\n\r\nx\r\n--b--"),
        ("multipart/related; boundary=b", b""),
        ("multipart/related; boundary=b", b"--b\r\n\r\nx"),
        ("multipart/related; boundary=b", b"--b\r\nno empty line\r\n--b--"),
    ],
)
def test_malformed_multipart_is_a_400(content_type: str, body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        multipart(content_type, body)
    assert caught.value.code == 400


_METADATA = b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n"


@given(st.binary(max_size=60), st.sampled_from([b"\r\n", b"\n"]))
def test_stream_of_two_parts_is_read_like_a_body_in_memory(media: bytes, line_end: bytes) -> None:
    lines = [b"--=x=", b"A: b", b"", b"{}", b"--=x=", b"Content-Type: c/d", b"", media, b"--=x=--", b""]
    body = line_end.join(lines)
    found = related("multipart/related; boundary==x=", BytesIO(body))
    assert (found.metadata, found.media_headers, b"".join(found.media)) == (b"{}", {"content-type": "c/d"}, media)


def test_media_larger_than_the_memory_limit_is_read_in_pieces() -> None:
    media = bytes(range(256)) * 10_000
    stream = BytesIO(_METADATA + b"--b\r\n\r\n" + media + b"\r\n--b--\r\n")
    found = list(related("multipart/related; boundary=b", stream).media)
    assert b"".join(found) == media
    assert len(found) > 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        _METADATA,
        _METADATA + b"--b--",
        _METADATA + b"--b\r\n\r\nx",
        _METADATA + b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--",
    ],
    ids=["empty", "broken off", "one part", "not closed", "three parts"],
)
def test_stream_without_exactly_two_parts_is_a_400(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        related("multipart/related; boundary=b", BytesIO(body))
    assert caught.value.code == 400


@given(st.integers(0, 12), st.integers(0, 12))
def test_pieces_are_a_slice_of_the_stream(start: int, end: int) -> None:
    assert b"".join(pieces(BytesIO(b"0123456789"), start, end)) == b"0123456789"[start:end]
