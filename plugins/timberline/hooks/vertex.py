"""What the hooks of Vertex AI share: where the service is, and calls that are made again after transient failures."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import retried

T = TypeVar("T")

CALL_TIMEOUT_S = 60.0
PAGE_SIZE = 100


class VertexHook:
    """One project and region of Vertex AI."""

    def __init__(
        self, project: str, region: str, connection: Connection, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Args: sleep: waits between tries; tests pass one that does not."""
        self._parent = f"projects/{project}/locations/{region}"
        self._region = region
        self._connection = connection
        self._sleep = sleep

    def _make_client(self, kind: Callable[..., T]) -> T:
        """Return one of Google's clients, over REST."""
        target = endpoint(Service.VERTEX, self._region, self._connection)
        return kind(credentials=target.credentials, transport=target.transport, client_options=target.client_options)

    def _called(self, call: Callable[..., Any], what: str, **arguments: Any) -> Any:
        """Return the answer to a call that may be made twice without harm.

        Args:
            call: a method of a client.
            what: what messages call it.
            arguments: of the method.

        Raises:
            ServiceUnavailable: every try failed.
        """
        return retried(lambda: call(**arguments, timeout=CALL_TIMEOUT_S, retry=None), what, sleep=self._sleep)


def labels_filter(labels: Mapping[str, str]) -> str:
    """Return the filter of a list call for what carries all these labels; empty for no labels."""
    return " AND ".join(f'labels.{key}="{value}"' for key, value in labels.items())
