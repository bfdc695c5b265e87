"""The headers of uploads: Content-Range and stated digests."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.objects.content import ContentFile
from localgcp.services.storage.uploads.media import ContentRange, check_hashes, content_range, stated_hashes


@pytest.mark.parametrize(
    ("header", "length", "expected"),
    [
        (None, 7, ContentRange(0, 7, 7)),
        ("bytes 0-6/7", 7, ContentRange(0, 7, 7)),
        ("bytes 10-16/*", 7, ContentRange(10, None, 7)),
        ("bytes */20", 0, ContentRange(None, 20)),
        ("bytes */*", 0, ContentRange(None, None)),
    ],
)
def test_content_range_is_read(header: str | None, length: int, expected: ContentRange) -> None:
    assert content_range(header, length) == expected


@pytest.mark.parametrize(("header", "length"), [("bytes 0-6/7", 6), ("bytes 0-6/5", 7), ("bytes */7", 7), ("0-6/7", 7)])
def test_content_range_that_contradicts_the_body_is_a_400(header: str, length: int) -> None:
    with pytest.raises(ApiError) as caught:
        content_range(header, length)
    assert caught.value.code == 400


def test_hashes_are_taken_from_metadata_and_headers() -> None:
    headers = {"x-goog-hash": "crc32c=AAAAAA==,md5=bWQ1", "content-md5": "other"}
    assert stated_hashes({}, headers) == {"crc32c": "AAAAAA==", "md5": "bWQ1"}
    assert stated_hashes({"crc32c": "x", "md5Hash": "y"}, {}) == {"crc32c": "x", "md5": "y"}
    assert stated_hashes({}, {}) == {}


@pytest.mark.parametrize(("name", "label"), [("crc32c", "CRC32C"), ("md5", "MD5")])
def test_wrong_hash_is_a_400_that_names_it(name: str, label: str) -> None:
    written = ContentFile("id", 1, crc32c="right", md5="right")
    check_hashes(written, {name: "right"})
    with pytest.raises(ApiError, match=f'Provided {label} "wrong"') as caught:
        check_hashes(written, {name: "wrong"})
    assert caught.value.code == 400
