"""What clients are told."""

import json
import re
from urllib.parse import urlsplit

import pytest

from localgcp.core.http.environment import client_environment
from localgcp.core.http.guard import is_loopback

ADDRESSES = {
    name: value
    for name, value in client_environment(4321, "some-project").items()
    if re.search(r"EMULATOR|OVERRIDES|METADATA_HOST", name)
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_address_is_the_servers_on_loopback(name: str) -> None:
    address = urlsplit(ADDRESSES[name] if "//" in ADDRESSES[name] else f"//{ADDRESSES[name]}")
    assert is_loopback(address.hostname or "")
    assert address.port == 4321


def test_no_other_variable_holds_an_address() -> None:
    others = client_environment(4321, "some-project").items() - ADDRESSES.items()
    assert not [name for name, value in others if "//" in value or "4321" in value]


@pytest.mark.parametrize("name", [name for name in ADDRESSES if "OVERRIDES" in name])
def test_overrides_end_with_a_slash_as_gcloud_has_them(name: str) -> None:
    assert ADDRESSES[name].endswith("/")


def test_airflow_connects_without_credentials_to_the_project() -> None:
    connection = json.loads(client_environment(1, "some-project")["AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT"])
    assert connection["extra"] == {"is_anonymous": True, "project": "some-project"}


def test_project_is_the_one_that_clients_and_tools_take() -> None:
    found = client_environment(1, "some-project")
    assert found["GOOGLE_CLOUD_PROJECT"] == found["CLOUDSDK_CORE_PROJECT"] == "some-project"
