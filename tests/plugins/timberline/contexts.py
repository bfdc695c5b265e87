"""The part of Airflow's context that the steps read, without an Airflow."""

from typing import Any

from timberline.run.identity import RunIdentity


class FakeTaskInstance:
    """A task instance that keeps what is pushed."""

    def __init__(self, dag_id: str, try_number: int) -> None:
        self.dag_id = dag_id
        self.try_number = try_number
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context_of(run: RunIdentity, *, try_number: int = 1) -> Any:
    """Return the context of a task of a run."""
    return {"ti": FakeTaskInstance(run.dag_id, try_number), "run_id": run.run_id}
