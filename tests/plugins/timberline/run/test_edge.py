"""Final errors end the task; others are left to Airflow."""

import logging

import pytest
from airflow.exceptions import AirflowFailException

from timberline.run.edge import final_errors_end_the_task
from timberline.run.errors import InputError, ServiceUnavailable

_LOG = logging.getLogger("edge")


def test_a_final_error_fails_the_task_without_a_retry_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AirflowFailException, match="segment: expected 1"), final_errors_end_the_task(_LOG):
        raise InputError("segment: expected 1")
    assert [record.getMessage() for record in caplog.records] == ["segment: expected 1"]


@pytest.mark.parametrize("error", [ServiceUnavailable("later"), ValueError("a bug")])
def test_other_errors_pass_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)), final_errors_end_the_task(_LOG):
        raise error
