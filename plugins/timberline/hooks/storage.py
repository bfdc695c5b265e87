"""Objects in Cloud Storage: small documents, and files that are uploaded once."""

import contextlib
import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timberline.data.identifiers import split_gs_uri
from timberline.run.errors import DataError, SettingsError
from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import retried

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Client

_CALL_TIMEOUT_S = 60.0


class StorageHook:
    """The objects that a project can reach."""

    def __init__(self, project: str, region: str, connection: Connection) -> None:
        """Args: region: of the services whose address contains it."""
        self._project = project
        self._region = region
        self._connection = connection

    @cached_property
    def client(self) -> "Client":
        """Google's client."""
        from google.cloud import storage

        target = endpoint(Service.STORAGE, self._region, self._connection)
        return storage.Client(
            project=self._project, credentials=target.credentials, client_options=target.client_options or None
        )

    def exists(self, uri: str) -> bool:
        """Return whether an object exists."""
        return bool(self._called(uri, lambda blob: blob.exists(timeout=_CALL_TIMEOUT_S)))

    def upload_once(self, uri: str, path: Path) -> bool:
        """Upload a file unless the object exists, and return whether the file was uploaded.

        The name has to identify the content: the first of two uploads counts.
        """
        from google.api_core.exceptions import PreconditionFailed

        if self.exists(uri):
            return False

        def upload(blob: "Blob") -> bool:
            try:
                blob.upload_from_filename(str(path), if_generation_match=0, timeout=_CALL_TIMEOUT_S)
            except PreconditionFailed:
                return False
            return True

        return bool(self._called(uri, upload))

    def write_json(self, uri: str, document: object) -> None:
        """Write a JSON document. The write is atomic: readers see the old document or the new one."""
        text = json.dumps(document, indent=2) + "\n"
        self._called(
            uri, lambda blob: blob.upload_from_string(text, content_type="application/json", timeout=_CALL_TIMEOUT_S)
        )

    def read_text(self, uri: str) -> str:
        """Return the text of an object.

        Raises:
            DataError: the object does not exist, or is not UTF-8 text.
        """
        from google.api_core.exceptions import NotFound

        try:
            content: bytes = self._called(uri, lambda blob: blob.download_as_bytes(timeout=_CALL_TIMEOUT_S))
            return content.decode("utf-8")
        except NotFound:
            raise DataError(
                f"{uri} does not exist: expected the document that an earlier step writes; clear that step"
            ) from None
        except UnicodeDecodeError as error:
            raise DataError(f"{uri}: expected text in UTF-8, found something else: {error}") from None

    def read_json(self, uri: str) -> dict[str, Any]:
        """Return a JSON document.

        Raises:
            DataError: the document does not exist, or is not a JSON object.
        """
        text = self.read_text(uri)
        try:
            document = json.loads(text)
        except ValueError as error:
            raise DataError(f"{uri} is not valid JSON: {error}") from None
        if not isinstance(document, dict):
            raise DataError(f"{uri}: expected a JSON object, found {type(document).__name__}")
        return document

    def remove(self, uri: str) -> None:
        """Delete an object if it exists."""
        from google.api_core.exceptions import NotFound

        with contextlib.suppress(NotFound):
            self._called(uri, lambda blob: blob.delete(timeout=_CALL_TIMEOUT_S))

    def names(self, uri: str) -> list[str]:
        """Return the sorted URIs of all objects whose URI starts with `uri`."""
        bucket, prefix = split_gs_uri(uri)
        listed = retried(
            lambda: [blob.name for blob in self.client.list_blobs(bucket, prefix=prefix, timeout=_CALL_TIMEOUT_S)], uri
        )
        return sorted(f"gs://{bucket}/{name}" for name in listed)

    def _called(self, uri: str, call: Callable[["Blob"], Any]) -> Any:
        """Call a function with an object.

        Raises:
            SettingsError: the bucket does not exist.
            ServiceUnavailable: Cloud Storage did not answer.
        """
        from google.api_core.exceptions import NotFound

        bucket, name = split_gs_uri(uri)
        try:
            return retried(lambda: call(self.client.bucket(bucket).blob(name)), uri)
        except NotFound as error:
            if "bucket" in str(error).lower():
                raise SettingsError(f"bucket {bucket} does not exist; create it, or set TIMBERLINE_BUCKET") from error
            raise
