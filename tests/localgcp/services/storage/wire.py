"""The storage service without a socket, for tests of requests and responses."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.routing import Reply, Request, Router
from localgcp.services.storage.http.routes import service
from localgcp.services.storage.store import StorageStore

BASE = "http://127.0.0.1:1"


class Api:
    """The service without a socket."""

    def __init__(self, store: StorageStore) -> None:
        self._router = Router([service(store)])

    def call(self, verb: str, address: str, body: bytes | dict = b"", **headers: str) -> Reply:
        parts = urlsplit(address.removeprefix(BASE))
        target, params = self._router.resolve(verb, parts.path)
        return self._router.dispatch(
            target,
            Request(
                method_id=target.method.id, verb=verb, path=parts.path, params=params,
                query=parse_qs(parts.query, keep_blank_values=True),
                headers={name.replace("_", "-"): value for name, value in headers.items()},
                body=json.dumps(body).encode() if isinstance(body, dict) else body, base_url=BASE,
                is_upload=target.method.is_upload,
            ),
        )  # fmt: skip

    def send(self, request: Request) -> Reply:
        """Dispatch a request unchanged."""
        target, _ = self._router.resolve(request.verb, request.path)
        return self._router.dispatch(target, request)

    def json(self, verb: str, address: str, body: bytes | dict = b"", **headers: str) -> dict[str, Any]:
        reply = self.call(verb, address, body, **headers)
        assert isinstance(reply.body, dict)
        return reply.body

    def error(self, verb: str, address: str, body: bytes | dict = b"", **headers: str) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.call(verb, address, body, **headers)
        return caught.value
