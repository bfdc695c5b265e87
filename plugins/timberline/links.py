"""Links from tasks to Google's console."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

from timberline.remote import JobRef

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.sdk import BaseOperator


class VertexJobLink(BaseOperatorLink):
    """From a submit task to the job that it returned."""

    name = "Vertex AI job"

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002
        """Return the address of the job's page; empty while there is no job."""
        from airflow.sdk.execution_time.xcom import XCom

        value = XCom.get_value(ti_key=ti_key, key="return_value")
        return job_page(JobRef.from_json(value).name) if value else ""


def job_page(name: str) -> str:
    """Return the console's page of a tuning or custom job, the same address as Google's own SDK prints."""
    _, project, _, location, _, job = name.split("/")
    return f"https://console.cloud.google.com/agent-platform/locations/{location}/training/{job}?project={project}"
