"""Serve a Cloud Storage in memory: listing, reading and resumable uploads."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit


class ObjectStore(ThreadingHTTPServer):
    """A server of one bucket on loopback; use it in a `with` block.

    Attributes:
        objects: The content of each object, by name.
        uploads: The bytes of each unfinished upload, by name.
        authorizations: The `Authorization` header of each read; None where a request had none.
        refused_uploads: The number of further uploads to refuse after their first bytes.
        refused_reads: The number of further reads to refuse.
        endpoint: The address of the server.
    """

    def __init__(self) -> None:
        super().__init__(("localhost", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.authorizations: list[str | None] = []
        self.refused_uploads = 0
        self.refused_reads = 0
        self.endpoint = f"http://localhost:{self.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.shutdown()
        self.server_close()

    def resource(self, name: str) -> dict[str, str]:
        """Return an object's metadata."""
        fixed = {"kind": "storage#object", "id": name, "bucket": "bucket", "generation": "1", "metageneration": "1"}
        return fixed | {"name": name, "size": str(len(self.objects[name])), "updated": "2026-01-01T00:00:00Z"}


class _Handler(BaseHTTPRequestHandler):
    """A handler of the requests that pyarrow sends."""

    server: ObjectStore
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a list, metadata or download request."""
        url = urlsplit(self.path)
        self.server.authorizations.append(self.headers.get("Authorization"))
        collection, _, name = url.path.partition("/b/bucket/o")
        if collection != "/storage/v1":  # a download: /bucket/name
            name = url.path.removeprefix("/bucket")
        name = unquote(name.lstrip("/"))
        query = parse_qs(url.query)
        if not name:
            prefix = query.get("prefix", [""])[0]
            items = [self.server.resource(key) for key in self.server.objects if key.startswith(prefix)]
            self._answer(200, json.dumps({"kind": "storage#objects", "items": items}).encode())
        elif self.server.refused_reads:
            self.server.refused_reads -= 1
            self._answer(403, b"{}")
        elif name not in self.server.objects:
            self._answer(404, b"{}")
        elif collection != "/storage/v1" or query.get("alt") == ["media"]:
            self._answer(200, self.server.objects[name])
        else:
            self._answer(200, json.dumps(self.server.resource(name)).encode())

    def do_POST(self) -> None:
        """Start a resumable upload."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = parse_qs(urlsplit(self.path).query).get("name", [body.get("name")])[0]
        self.server.uploads[name] = b""
        self._answer(200, b"{}", Location=f"{self.server.endpoint}/session/{name}")

    def do_PUT(self) -> None:
        """Receive bytes of a resumable upload."""
        name = self.path.removeprefix("/session/")
        self.server.uploads[name] += self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refused_uploads:
            self.server.refused_uploads -= 1
            self._answer(403, b"{}")
            return
        if self.headers["Content-Range"].endswith("/*"):
            self._answer(308, b"", Range=f"bytes=0-{len(self.server.uploads[name]) - 1}")
            return
        self.server.objects[name] = self.server.uploads.pop(name)
        self._answer(200, json.dumps(self.server.resource(name)).encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the output of a test stays clean."""
