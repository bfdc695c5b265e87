"""Links from tasks to Google's console."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

from timberline.jobs.remote import JobRef
from timberline.release.results import Challenger

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.sdk import BaseOperator


class _ResultLink(BaseOperatorLink):
    """A link from a task to the console page of its result."""

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002
        """Return the address of the page, or an empty text while the task has no result."""
        from airflow.sdk.execution_time.xcom import XCom

        value = XCom.get_value(ti_key=ti_key, key="return_value")
        return self.page(value) if value else ""

    @abstractmethod
    def page(self, value: Mapping[str, Any]) -> str:
        """Return the address of the page of a task's result."""


class VertexJobLink(_ResultLink):
    """A link from a submit task to its job."""

    name = "Vertex AI job"

    def page(self, value: Mapping[str, Any]) -> str:
        """Return the address of the job's page."""
        return job_page(JobRef.from_json(value).name)


class VertexModelLink(_ResultLink):
    """A link from a register task to its model version."""

    name = "Vertex AI model"

    def page(self, value: Mapping[str, Any]) -> str:
        """Return the address of the version's page."""
        return version_page(Challenger.from_json(value).name)


def job_page(name: str) -> str:
    """Return the console page of a tuning or custom job: the address that Google's SDK prints."""
    _, project, _, location, _, job = name.split("/")
    return f"https://console.cloud.google.com/agent-platform/locations/{location}/training/{job}?project={project}"


def version_page(name: str) -> str:
    """Return the console page of a model version: the address that Airflow's Google provider links to."""
    _, project, _, location, _, version = name.split("/")
    model, _, number = version.partition("@")
    return (
        f"https://console.cloud.google.com/vertex-ai/models/locations/{location}/models/{model}/versions/{number}"
        f"/properties?project={project}"
    )
