"""Somebody who uses an endpoint while it is changed."""

import threading
from collections import Counter
from types import TracebackType
from typing import Any, Self

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1

from tests.local_cloud import LocalCloud

ENDPOINT = "tiny-pipeline-3"


class Caller:
    """Asks an endpoint for predictions, one request after another, from a thread of its own while the block runs.

    Attributes:
        versions: how many requests each version answered.
        failures: what went wrong.
    """

    def __init__(self, cloud: LocalCloud, instance: dict[str, Any]) -> None:
        self._client = aiplatform_v1.PredictionServiceClient(
            transport="rest", client_options={"api_endpoint": cloud.base_url}, credentials=AnonymousCredentials()
        )
        self._endpoint = f"projects/{cloud.project}/locations/europe-west1/endpoints/{ENDPOINT}"
        self._instance = instance
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._call)
        self.versions: Counter[str] = Counter()
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def ask(self) -> Any:
        """Return one answer."""
        return self._client.predict(endpoint=self._endpoint, instances=[self._instance], timeout=10, retry=None)

    def _call(self) -> None:
        while not self._is_over.is_set():
            try:
                self.versions[self.ask().model_version_id] += 1
            except Exception as error:
                self.failures.append(repr(error))
