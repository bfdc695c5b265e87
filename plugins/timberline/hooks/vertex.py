"""What the hooks of Vertex AI share: the client, calls that are tried again, refusals, label filters."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from timberline.run.errors import InputError
from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import is_transient, retried

T = TypeVar("T")

CALL_TIMEOUT_S = 60.0
PAGE_SIZE = 100


class VertexHook:
    """One project and region of Vertex AI."""

    def __init__(
        self, project: str, region: str, connection: Connection, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Args: sleep: waits between tries; tests pass a function that does not wait."""
        self.parent = f"projects/{project}/locations/{region}"
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
            what: what messages call the request.
            arguments: the method's arguments.

        Raises:
            ServiceUnavailable: every try failed.
        """
        return retried(lambda: call(**arguments, timeout=CALL_TIMEOUT_S, retry=None), what, sleep=self._sleep)


@contextmanager
def refusals(message: str, *, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn a client error, which no other try changes, into an error of this package.

    Args:
        message: precedes the service's own words, e.g. `train 3: Vertex AI refuses the job`.
        passing: client errors that the caller handles itself.

    Raises:
        InputError: the service refused the request, or the request does not fit the service's schema.
    """
    from google.api_core.exceptions import ClientError
    from google.protobuf.json_format import ParseError

    try:
        yield
    except (ClientError, ParseError) as error:
        if isinstance(error, passing) or is_transient(error):
            raise
        raise InputError(f"{message}: {getattr(error, 'message', None) or error}") from error


def labels_filter(labels: Mapping[str, str | None]) -> str:
    """Return the filter of a list call for what carries all these labels.

    Args:
        labels: None stands for any value. Without labels the filter is empty, and everything is listed.
    """
    return " AND ".join(
        f"labels.{key}:*" if value is None else f'labels.{key}="{value}"' for key, value in labels.items()
    )
