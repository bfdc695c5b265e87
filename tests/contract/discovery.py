"""Google's discovery client, which has every method of an API under its own name, pointed at the local cloud."""

import json
from typing import Any

from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from localgcp.cli import coverage
from tests.local_cloud import LocalCloud

_CANCELLED_UPLOAD = 499  # Google's answer to success there


class Discovery:
    """The clients of one server, made once for each API."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._clients: dict[str, Any] = {}

    def __call__(self, api: str, version: str) -> Any:
        if api not in self._clients:
            document = json.loads(get_static_doc(api, version))
            document["rootUrl"] = f"{self._cloud.base_url}/"
            document.pop("mtlsRootUrl", None)
            self._clients[api] = build_from_document(document, credentials=AnonymousCredentials())
        return self._clients[api]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def not_called(cloud: LocalCloud, api: str) -> set[str]:
    """Return the implemented methods of an API that the server has not answered with success since it started."""
    answered = {
        call["method"]
        for call in cloud.requests()
        if 200 <= call["status"] < 300 or call["status"] == _CANCELLED_UPLOAD
    }
    (served,) = [item.served for item in coverage.of_this_version() if item.api == api]
    return set(served) - answered
