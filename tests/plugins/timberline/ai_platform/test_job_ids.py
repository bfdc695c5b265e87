"""Ids of v1's jobs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.ai_platform.job_ids import check_job_id, job_label, normalized_job_id
from timberline.run.errors import AiPlatformError


@pytest.mark.parametrize("job_id", ["a", "JOB_20200101_120000", "x" * 128])
def test_letters_digits_and_underscores_are_an_id(job_id: str) -> None:
    assert check_job_id(job_id) == job_id


@pytest.mark.parametrize("job_id", ["", "1a", "_a", "a-b", "a b", "ä", "a\n", "x" * 129])
def test_anything_else_is_none(job_id: str) -> None:
    with pytest.raises(AiPlatformError, match=r"^jobId: expected 1 to 128 letters"):
        check_job_id(job_id)


def test_ids_that_differ_in_case_alone_have_labels_of_their_own() -> None:
    assert job_label("Job_1") != job_label("job_1")


@pytest.mark.parametrize(
    ("text", "job_id"),
    [
        ("tune_1", "tune_1"),
        ("my-dag__2020-01-01T00:00:00+00:00", "my_dag_2020_01_01T00_00_00_00_00"),
        ("20200101", "z_20200101"),
        ("2-b", "z_2_b"),
        ("wälder", "w_lder"),
        ("x" * 128, "x" * 128),
    ],
)
def test_what_v1_does_not_take_becomes_an_underscore(text: str, job_id: str) -> None:
    assert normalized_job_id(text) == job_id


@pytest.mark.parametrize("text", ["", "-", "-a", "x" * 129, "1" * 127])
def test_a_text_that_makes_no_id_is_refused(text: str) -> None:
    with pytest.raises(AiPlatformError, match=r"^job_id: expected 1 to 128 letters"):
        normalized_job_id(text)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=150))
def test_a_text_becomes_an_id_or_is_refused_and_an_id_of_letters_and_digits_stays(text: str) -> None:
    try:
        found = normalized_job_id(text)
    except AiPlatformError:
        return
    assert check_job_id(found) == found
    assert normalized_job_id(found) == re.sub("_+", "_", found)
