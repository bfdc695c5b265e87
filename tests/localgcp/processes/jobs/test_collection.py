"""One collection of jobs as an API shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.state.state import State
from localgcp.processes.jobs.collection import JobCollection
from localgcp.processes.jobs.records import JobRecords

PARENT = "projects/p/locations/l"


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[JobCollection]:
    state = State(tmp_path)
    records = JobRecords(state, "jobs", {"customJobs": "CustomJob", "batchJobs": "BatchJob"})
    for name, job_state, label in (
        ("customJobs/1", "SUCCEEDED", "a"), ("customJobs/2", "RUNNING", "b"), ("batchJobs/3", "SUCCEEDED", "a"),
    ):  # fmt: skip
        records.add(
            {
                "name": f"{PARENT}/{name}", "state": f"JOB_STATE_{job_state}", "createTime": "t",
                "labels": {"run": label},
            }
        )  # fmt: skip
    yield JobCollection(name="customJobs", message="CustomJob", records=records, filter_fields=("labels", "state"))
    state.close()


def _ids(page: dict) -> list[str]:
    return [job["name"].rpartition("/")[2] for job in page["customJobs"]]


def test_list_has_the_jobs_of_the_collection_alone_newest_first(jobs: JobCollection) -> None:
    assert _ids(jobs.page(PARENT, {})) == ["2", "1"]


def test_list_is_filtered_by_label(jobs: JobCollection) -> None:
    assert _ids(jobs.page(PARENT, {"filter": "labels.run=a"})) == ["1"]


def test_unknown_job_is_not_found_under_the_name_of_its_message(jobs: JobCollection) -> None:
    with pytest.raises(ApiError, match=f"The BatchJob {PARENT}/batchJobs/9 does not exist"):
        jobs.get(f"{PARENT}/batchJobs/9")


def test_job_that_has_ended_is_deleted(jobs: JobCollection) -> None:
    jobs.delete(f"{PARENT}/customJobs/1")
    assert _ids(jobs.page(PARENT, {})) == ["2"]


def test_running_job_is_not_deleted(jobs: JobCollection) -> None:
    with pytest.raises(ApiError, match=r"is in state JOB_STATE_RUNNING\. Cancel it"):
        jobs.delete(f"{PARENT}/customJobs/2")
