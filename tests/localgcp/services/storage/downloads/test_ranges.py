"""The Range header of a download."""

import pytest

from localgcp.services.storage.downloads.ranges import byte_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 6)),
        ("bytes=4-100", (4, 6)),
        ("bytes=-3", (7, 3)),
        ("bytes=-30", (0, 10)),
        ("bytes=10-", (10, 0)),
        ("bytes=-0", (10, 0)),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("rows=0-1", None),
        ("bytes=-", None),
    ],
)
def test_range_of_ten_bytes(header: str | None, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == expected
