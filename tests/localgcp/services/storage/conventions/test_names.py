"""Names of buckets and objects."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.names import check_bucket_name, check_object_name


@pytest.mark.parametrize("name", ["abc", "my-bucket_1", "a.b.example.com", "0" * 63, ".".join(["a" * 60] * 3)])
def test_bucket_name_is_allowed(name: str) -> None:
    check_bucket_name(name)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "3 to 63"),
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        (".".join(["a" * 60] * 4), "3 to 222"),
        ("Upper", "other than a-z"),
        ("a/b", "other than a-z"),
        ("-abc", "begin and end"),
        ("abc-", "begin and end"),
        ("a..b", "empty part"),
        ("a" * 64 + ".com", "more than 63"),
        ("192.168.1.1", "IP address"),
        ("goog-bucket", "goog"),
        ("my-google-bucket", "google"),
        ("../etc", "other than a-z"),
    ],
)
def test_bucket_name_is_refused_with_the_rule(name: str, rule: str) -> None:
    with pytest.raises(ApiError, match=rule) as caught:
        check_bucket_name(name)
    assert caught.value.code == 400


@pytest.mark.parametrize("name", ["a", "../../etc/passwd", "/abs", "a//b/", "ü b#?%", "x" * 1024])
def test_object_name_is_allowed(name: str) -> None:
    check_object_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "a\rb", "x" * 1025, "ü" * 513, "\ud800"])
def test_object_name_is_refused(name: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_object_name(name)
    assert caught.value.code == 400
