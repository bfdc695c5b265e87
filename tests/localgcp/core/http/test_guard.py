"""Who may talk to the server."""

import pytest

from localgcp.core.http.guard import is_loopback, refusal


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "bucket.localhost", "127.0.0.1", "127.255.255.254", "::1", "[::1]"],
)
def test_names_and_addresses_of_this_machine_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1", "128.0.0.1",
        "127.1", "2130706433", "[::]", "2001:db8::1", "storage.googleapis.com", "127.0.0.1@evil.example",
    ],
)  # fmt: skip
def test_other_names_and_addresses_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1", "[::1]:80", "[::1]", "localhost"])
def test_host_may_name_a_port(host: str) -> None:
    assert refusal({"host": host}) is None


@pytest.mark.parametrize(
    "host", ["evil.example:80", "[2001:db8::1]:80", "[::1]evil.example", "localhost:80:90", "127.0.0.1:80@evil.example"]
)
def test_request_to_another_host_is_refused_by_its_name(host: str) -> None:
    assert repr(host) in str(refusal({"host": host}))


def test_request_without_host_is_refused() -> None:
    assert refusal({}) is not None


@pytest.mark.parametrize("origin", ["http://localhost", "http://evil.example", "null", ""])
def test_script_or_form_of_a_page_is_refused(origin: str) -> None:
    assert "Origin" in str(refusal({"host": "localhost", "origin": origin}))


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_request_from_the_address_bar_is_answered(site: str) -> None:
    assert refusal({"host": "localhost", "sec-fetch-site": site}) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "anything"])
def test_request_from_another_site_is_refused(site: str) -> None:
    assert "Sec-Fetch-Site" in str(refusal({"host": "localhost", "sec-fetch-site": site}))
