"""Where services are, and that a local run never reaches the cloud."""

import pytest
from google.auth.credentials import AnonymousCredentials

from timberline.run import services as endpoints
from timberline.run.errors import SettingsError
from timberline.run.services import Connection, Service, check_reachable, endpoint

_ALL = dict.fromkeys(Service, "http://127.0.0.1:8080/")


def _set(monkeypatch: pytest.MonkeyPatch, variables: dict[Service, str]) -> None:
    for service in Service:
        monkeypatch.delenv(service, raising=False)
    for service, address in variables.items():
        monkeypatch.setenv(service, address)


@pytest.mark.parametrize("service", list(Service))
def test_an_override_is_used_anonymously(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, _ALL)
    found = endpoint(service, "europe-west1", Connection())
    assert found.client_options == {"api_endpoint": "http://127.0.0.1:8080"}
    assert isinstance(found.credentials, AnonymousCredentials)


@pytest.mark.parametrize("address", ["localhost:8080", "[::1]:8080", "http://localhost:1/prefix", "127.0.0.2:80"])
def test_addresses_on_this_machine_are_accepted(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**_ALL, Service.STORAGE: address})
    found = endpoint(Service.STORAGE, "europe-west1", Connection())
    assert found.address == (address if "://" in address else f"http://{address}")


@pytest.mark.parametrize(
    "address", ["https://storage.googleapis.com", "10.0.0.1:80", "127.0.0.1.example.com", "http://"]
)
@pytest.mark.parametrize("asked", [Service.STORAGE, Service.VERTEX])
def test_an_override_elsewhere_is_refused_whichever_service_is_asked_for(
    address: str, asked: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, {**_ALL, Service.STORAGE: address})
    with pytest.raises(SettingsError, match=r"STORAGE_EMULATOR_HOST=.*on this machine"):
        endpoint(asked, "europe-west1", Connection())


@pytest.mark.parametrize("missing", list(Service))
def test_a_service_without_its_override_is_refused_where_others_have_one(
    missing: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, {service: address for service, address in _ALL.items() if service is not missing})
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        endpoint(missing, "europe-west1", Connection())


def test_without_overrides_the_connection_gives_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {})
    monkeypatch.setattr(endpoints, "_connection_credentials", lambda connection: connection)
    connection = Connection(gcp_conn_id="mine", impersonation_chain="account")
    vertex, storage = (endpoint(service, "us-east1", connection) for service in (Service.VERTEX, Service.STORAGE))
    assert vertex.client_options == {"api_endpoint": "https://us-east1-aiplatform.googleapis.com"}
    assert storage.client_options == {}
    assert vertex.credentials is connection  # type: ignore[comparison-overlap]


def test_credentials_come_from_airflows_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {})
    monkeypatch.setenv("AIRFLOW_CONN_MINE", '{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": true}}')
    found = endpoint(Service.VERTEX, "europe-west1", Connection(gcp_conn_id="mine"))
    assert isinstance(found.credentials, AnonymousCredentials)


def test_anything_else_that_is_called_has_to_be_on_this_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {Service.VERTEX: "http://127.0.0.1:8080"})
    check_reachable("http://localhost:9/hook", "the webhook")
    with pytest.raises(SettingsError, match="the webhook: expected an address on this machine") as raised:
        check_reachable("https://hooks.example.com/secret", "the webhook")
    assert "secret" not in str(raised.value)


def test_without_overrides_any_address_may_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {})
    check_reachable("https://hooks.example.com/secret", "the webhook")
