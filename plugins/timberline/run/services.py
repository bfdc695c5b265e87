"""How each Google service is reached: address, credentials, transport. The only module that knows these can differ.

The addresses are taken from the variables that Google's own libraries and tools read for a stand-in of a service.
Where any of them is set, nothing but this machine may be called: a service without its variable is refused.
"""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from timberline.run.errors import SettingsError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

DEFAULT_CONNECTION = "google_cloud_default"


class Service(StrEnum):
    """The services that pipelines call; the value is the variable that overrides the address."""

    STORAGE = "STORAGE_EMULATOR_HOST"
    BIGQUERY = "BIGQUERY_EMULATOR_HOST"
    VERTEX = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"
    CLOUD_BUILD = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD"
    ARTIFACT_REGISTRY = "CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """Who calls: an Airflow connection, and the accounts to impersonate in turn."""

    gcp_conn_id: str = DEFAULT_CONNECTION
    impersonation_chain: str | Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a client's constructor is given.

    Attributes:
        address: the API's address; None where the client knows it.
        credentials: who calls.
        transport: of the clients that offer several.
    """

    address: str | None
    credentials: "Credentials"
    transport: str = "rest"

    @property
    def client_options(self) -> dict[str, str]:
        """The `client_options` of a client."""
        return {} if self.address is None else {"api_endpoint": self.address}


def endpoint(service: Service, region: str, connection: Connection) -> Endpoint:
    """Return how to reach a service.

    Args:
        service: which one.
        region: of the services whose address has one in it.
        connection: who calls.

    Raises:
        SettingsError: some services are overridden and this one is not, or an address is not on this machine.
    """
    override = _override(service, os.environ)
    if override is not None:
        from google.auth.credentials import AnonymousCredentials

        return Endpoint(override, AnonymousCredentials())  # type: ignore[no-untyped-call]
    address = f"https://{region}-aiplatform.googleapis.com" if service is Service.VERTEX else None
    return Endpoint(address, _connection_credentials(connection))


def check_reachable(address: str, what: str) -> None:
    """Refuse an address elsewhere, of anything that a run calls beside services, where services are on this machine.

    Args:
        address: the address; it is not in the message, as it may hold a secret.
        what: what the message calls it.

    Raises:
        SettingsError: some services are overridden, and the address is not on this machine.
    """
    overridden = [each for each in Service if os.environ.get(each)]
    if overridden and not _is_on_this_machine(address):
        raise SettingsError(
            f"{what}: expected an address on this machine, as {', '.join(overridden)} have services there; correct it, "
            "or unset these to use Google Cloud"
        )


def _override(service: Service, environment: Mapping[str, str]) -> str | None:
    """Return the address that the environment gives a service; None where it overrides none at all."""
    addresses = {each: environment[each] for each in Service if environment.get(each)}
    for each, address in addresses.items():
        if not _is_on_this_machine(address):
            raise SettingsError(
                f"{each}={address}: expected an address on this machine; correct it, or unset it to use Google Cloud"
            )
    if not addresses:
        return None
    if service not in addresses:
        raise SettingsError(
            f"{service} is not set, but {', '.join(addresses)} is: expected all services on this machine or none; "
            "set it, or unset the others to use Google Cloud"
        )
    address = addresses[service].rstrip("/")
    return address if "://" in address else f"http://{address}"


def _is_on_this_machine(address: str) -> bool:
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _connection_credentials(connection: Connection) -> Any:
    """Return the credentials of the Airflow connection; the provider is imported only where it is needed."""
    from airflow.providers.google.common.hooks.base_google import GoogleBaseHook

    hook = GoogleBaseHook(gcp_conn_id=connection.gcp_conn_id, impersonation_chain=connection.impersonation_chain)
    return hook.get_credentials()
