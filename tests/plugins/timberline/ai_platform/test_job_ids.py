"""Ids of v1's jobs."""

import pytest

from timberline.ai_platform.job_ids import check_job_id, job_label
from timberline.errors import AiPlatformError


@pytest.mark.parametrize("job_id", ["a", "JOB_20200101_120000", "x" * 128])
def test_letters_digits_and_underscores_are_an_id(job_id: str) -> None:
    assert check_job_id(job_id) == job_id


@pytest.mark.parametrize("job_id", ["", "1a", "_a", "a-b", "a b", "ä", "a\n", "x" * 129])
def test_anything_else_is_none(job_id: str) -> None:
    with pytest.raises(AiPlatformError, match=r"^jobId: expected 1 to 128 letters"):
        check_job_id(job_id)


def test_ids_that_differ_in_case_alone_have_labels_of_their_own() -> None:
    assert job_label("Job_1") != job_label("job_1")
