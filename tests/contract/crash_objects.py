"""Writers of objects for the tests of crashes."""

import io
from collections.abc import Callable
from random import Random

from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import storage
from google.resumable_media import InvalidResponse
from google.resumable_media.common import RetryStrategy
from google.resumable_media.requests import ResumableUpload

from tests.contract.crashing import Plan, Things, Writer

_S = 30
_CHUNK_BYTES = 512 * 1024
_LARGEST_BYTES = 8_000_000
_NAMES = ("a", "b", "dir/c")


class Objects(Writer):
    """Uploads, patches, composes, moves and deletes objects of few names."""

    newest = 0

    def connect(self) -> None:
        self.bucket = storage.Client(project=self.cloud.project).bucket(self.id)
        if not self.bucket.exists():
            self.bucket.create()

    def plan(self, random: Random, things: Things) -> Plan:
        kinds: list[Callable[[Random, Things], Plan]] = [self._upload, self._upload]
        if things:
            kinds += [self._patch, self._compose, self._delete]
        if 0 < len(things) < len(_NAMES):
            kinds.append(self._move)
        return random.choice(kinds)(random, things)

    def read(self) -> Things:
        found = {}
        for blob in self.bucket.list_blobs():
            found[blob.name] = (blob.download_as_bytes(), (blob.metadata or {}).get("n"))
            self.newest = max(self.newest, blob.generation)
        return found

    def _upload(self, random: Random, things: Things) -> Plan:
        name, n = random.choice(_NAMES), str(next(self.numbers))
        data = n.encode() * random.choice((1, 1000, 400_000))
        blob = self.bucket.blob(name)
        blob.metadata = {"n": n}

        def call() -> None:
            blob.upload_from_string(data, retry=None, timeout=_S)
            assert blob.generation > self.newest, "a generation was used again"
            self.newest = blob.generation

        return things | {name: (data, n)}, call

    def _patch(self, random: Random, things: Things) -> Plan:
        name, n = random.choice(list(things)), str(next(self.numbers))
        blob = self.bucket.blob(name)
        blob.metadata = {"n": n}
        return things | {name: (things[name][0], n)}, lambda: blob.patch(retry=None, timeout=_S)

    def _compose(self, random: Random, things: Things) -> Plan:
        target, sources = random.choice(_NAMES), random.choices(list(things), k=2)
        data = b"".join(things[name][0] for name in sources)
        if len(data) > _LARGEST_BYTES:
            return self._delete(random, things)
        blob = self.bucket.blob(target)
        blob.content_type = "text/plain"
        parts = [self.bucket.blob(name) for name in sources]
        return things | {target: (data, None)}, lambda: blob.compose(parts, retry=None, timeout=_S)

    def _delete(self, random: Random, things: Things) -> Plan:
        name = random.choice(list(things))
        del things[name]
        return things, lambda: self.bucket.blob(name).delete(retry=None, timeout=_S)

    def _move(self, random: Random, things: Things) -> Plan:
        old = random.choice(list(things))
        new = random.choice([name for name in _NAMES if name not in things])
        things[new] = things.pop(old)
        blob = self.bucket.blob(old)
        return things, lambda: self.bucket.move_blob(blob, new, retry=None, timeout=_S)


class Versions(Writer):
    """Replaces and deletes one object in a bucket that keeps versions."""

    def connect(self) -> None:
        self.bucket = storage.Client(project=self.cloud.project).bucket(self.id)
        if not self.bucket.exists():
            self.bucket.versioning_enabled = True
            self.bucket.create()

    def plan(self, random: Random, things: Things) -> Plan:
        blob, data = self.bucket.blob("a"), str(next(self.numbers)).encode()
        if things.get("live") and random.random() < 0.3:
            things = {"live": None, "former": [*things["former"], things["live"]]}
            return things, lambda: blob.delete(retry=None, timeout=_S)
        former = [*things.get("former", []), *filter(None, [things.get("live")])]
        return {"live": data, "former": former}, lambda: blob.upload_from_string(data, retry=None, timeout=_S)

    def read(self) -> Things:
        found = list(self.bucket.list_blobs(versions=True))
        contents = {blob.generation: blob.download_as_bytes() for blob in found}
        live = [blob.generation for blob in found if blob.time_deleted is None]
        former = [contents[generation] for generation in sorted(contents) if generation not in live]
        return {"live": contents[live[0]] if live else None, "former": former} if found else {}


class ResumableUploads(Writer):
    """Uploads one object after another in chunks, and goes on after a crash where the server says."""

    upload: ResumableUpload | None = None

    def connect(self) -> None:
        self.bucket = storage.Client(project=self.cloud.project).bucket(self.id)
        self.session = AuthorizedSession(AnonymousCredentials())
        if not self.bucket.exists():
            self.bucket.create()

    def plan(self, random: Random, things: Things) -> Plan:
        if self.upload is not None:
            return (things | self.coming if self._is_last() else things), self._send
        data = random.randbytes(3 * _CHUNK_BYTES + random.randint(0, 2) * 1000)
        name = f"object-{next(self.numbers)}"
        return things, lambda: self._begin(name, data)

    def read(self) -> Things:
        """Return the objects, and let the upload go on: no byte is lost that was answered."""
        if self.upload is not None:
            sent = self.upload.bytes_uploaded
            self.upload._invalid = True  # what the library notes when a chunk fails
            try:
                self.upload.recover(self.session)
                assert self.upload.bytes_uploaded >= sent, "bytes are lost that were answered"
            except InvalidResponse as done:
                if done.response.status_code != 200:
                    raise
                self.upload = None
        return {blob.name: blob.download_as_bytes() for blob in self.bucket.list_blobs()}

    def _is_last(self) -> bool:
        assert self.upload is not None
        return self.upload.total_bytes - self.upload.bytes_uploaded <= _CHUNK_BYTES

    def _begin(self, name: str, data: bytes) -> None:
        address = f"{self.cloud.base_url}/upload/storage/v1/b/{self.id}/o?uploadType=resumable&name={name}"
        upload = ResumableUpload(address, _CHUNK_BYTES)
        upload._retry_strategy = RetryStrategy(max_retries=0)
        upload.initiate(self.session, io.BytesIO(data), {}, "text/plain", timeout=_S)
        self.upload, self.coming = upload, {name: data}

    def _send(self) -> None:
        assert self.upload is not None
        self.upload.transmit_next_chunk(self.session, timeout=_S)
        if self.upload.finished:
            self.upload = None
