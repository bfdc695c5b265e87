"""Turns errors of this package into errors of Airflow."""

from collections.abc import Iterator
from contextlib import contextmanager

from timberline.run.compat import AirflowFailException
from timberline.run.errors import FinalError
from timberline.run.logs import Log


@contextmanager
def final_errors_end_the_task(log: Log) -> Iterator[None]:
    """Log a final error in one message and fail the task without a retry. Other errors pass, and Airflow retries.

    Raises:
        AirflowFailException: a `FinalError` was raised inside.
    """
    try:
        yield
    except FinalError as error:
        log.error("%s", error)
        raise AirflowFailException(str(error)) from None
