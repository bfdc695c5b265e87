"""Batch requests, which carry several calls: https://cloud.google.com/storage/docs/batch."""

import json
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from localgcp.core.conventions.errors import ApiError, invalid_argument, render, unimplemented
from localgcp.core.http.discovery import Method
from localgcp.core.http.routing import Reply, Request, Router, Service
from localgcp.services.storage.uploads.bodies import BodyPart, multipart

BATCH = Method(id="storage.batch", verb="POST", path="/batch/storage/v1", parameters={}, request_schema=None)
_MOST_CALLS = 100


class Batch:
    """The batch endpoint of one service."""

    def __init__(self, calls: Service) -> None:
        self._calls = calls

    @cached_property
    def _router(self) -> Router:
        return Router([self._calls])

    def answer(self, request: Request) -> Reply:
        """Make each call; a call that fails does not stop the others."""
        parts = multipart(request.headers.get("content-type", ""), request.body)
        if len(parts) > _MOST_CALLS:
            raise invalid_argument(f"A batch holds at most {_MOST_CALLS} calls, not {len(parts)}.")
        boundary = f"batch_{uuid4().hex}"
        body = b"".join(self._section(boundary, request, part) for part in parts) + f"--{boundary}--\r\n".encode()
        return Reply(body=body, headers={"Content-Type": f"multipart/mixed; boundary={boundary}"})

    def _section(self, boundary: str, outer: Request, part: BodyPart) -> bytes:
        reply = self._call(outer, part)
        body = json.dumps(reply.body).encode() if isinstance(reply.body, dict) else b""
        content_id = part.headers.get("content-id", "").strip("<>")
        head = [
            f"--{boundary}", "Content-Type: application/http", f"Content-ID: <response-{content_id}>", "",
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            "Content-Type: application/json; charset=UTF-8", f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        return "\r\n".join(head).encode() + body + b"\r\n"

    def _call(self, outer: Request, part: BodyPart) -> Reply:
        try:
            return self._dispatch(outer, part.body)
        except ApiError as error:
            return Reply(body=render(error), status=error.code)

    def _dispatch(self, outer: Request, raw: bytes) -> Reply:
        head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        first, *lines = head.decode("latin-1").strip().split("\n")
        try:
            verb, address, *_ = first.split(" ")
        except ValueError as error:
            raise invalid_argument(
                f"A part of the batch begins with {first!r}; expected a request line such as 'GET /storage/v1/b/B'."
            ) from error
        address_parts = urlsplit(address)
        target, params = self._router.resolve(verb, address_parts.path)
        if target.method.is_upload or "alt=media" in address_parts.query:
            raise unimplemented(f"{target.method.id} with media in a batch")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        request = Request(
            method_id=target.method.id, verb=verb, path=address_parts.path, params=params,
            query=parse_qs(address_parts.query, keep_blank_values=True), headers=headers, body=body,
            base_url=outer.base_url,
        )  # fmt: skip
        return outer.observe(request, lambda: self._router.dispatch(target, request))
