"""Address, credentials and transport of each Google service. No other module knows that addresses can differ.

The addresses come from the variables that Google's own libraries and tools read for an emulator of a service. When one
of the variables is set, only this machine may be called: a service whose variable is not set is refused.
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
    """The services that pipelines call. Each value is the environment variable that overrides the address."""

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
    """The arguments of a client's constructor.

    Attributes:
        address: the address of the API; None for the address that the client knows.
        credentials: who calls.
        transport: the transport, for clients that offer several.
    """

    address: str | None
    credentials: "Credentials"
    transport: str = "rest"

    @property
    def client_options(self) -> dict[str, str]:
        """The `client_options` of a client."""
        return {} if self.address is None else {"api_endpoint": self.address}


def endpoint(service: Service, region: str, connection: Connection) -> Endpoint:
    """Return address and credentials of a service.

    Args:
        service: the service.
        region: the region, which the addresses of some services contain.
        connection: who calls.

    Raises:
        SettingsError: the environment overrides other services but not this one, or an address is not on this machine.
    """
    override = _override(service, os.environ)
    if override is not None:
        from google.auth.credentials import AnonymousCredentials

        return Endpoint(override, AnonymousCredentials())  # type: ignore[no-untyped-call]
    address = f"https://{region}-aiplatform.googleapis.com" if service is Service.VERTEX else None
    return Endpoint(address, _connection_credentials(connection))


def check_reachable(address: str, what: str) -> None:
    """Refuse an address on another machine while the environment has services on this machine.

    Args:
        address: the address; it may hold a secret, so the message does not contain it.
        what: what the message calls the address.

    Raises:
        SettingsError: the environment overrides services, and the address is not on this machine.
    """
    overridden = [each for each in Service if os.environ.get(each)]
    if overridden and not _is_on_this_machine(address):
        raise SettingsError(
            f"{what}: expected an address on this machine, as {', '.join(overridden)} have services there; correct it, "
            "or unset these to use Google Cloud"
        )


def _override(service: Service, environment: Mapping[str, str]) -> str | None:
    """Return the address that the environment gives a service; None where the environment overrides no service."""
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
    """Return the credentials of the Airflow connection. The import is here because it is slow."""
    from airflow.providers.google.common.hooks.base_google import GoogleBaseHook

    hook = GoogleBaseHook(gcp_conn_id=connection.gcp_conn_id, impersonation_chain=connection.impersonation_chain)
    return hook.get_credentials()
