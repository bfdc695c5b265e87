"""The part of Airflow's context that the steps read, without an Airflow."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

from airflow.sdk import DAG

from timberline.run.identity import RunIdentity


class FakeTaskInstance:
    """A task instance that keeps what is pushed, and pulls from `results`: values by task id and key."""

    def __init__(self, dag_id: str, try_number: int, results: Mapping[str, Mapping[str, Any]]) -> None:
        self.dag_id = dag_id
        self.try_number = try_number
        self.pushed: dict[str, Any] = {}
        self._results = results

    def xcom_pull(self, task_ids: Sequence[str], key: str = "return_value") -> list[Any]:
        found = (self._results.get(task_id, {}) for task_id in task_ids)
        return [values[key] for values in found if key in values]

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context_of(
    run: RunIdentity,
    *,
    try_number: int = 1,
    results: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    conf: Any = None,
    params: Sequence[str] = (),
) -> Any:
    """Return the context of a task of a run.

    Args:
        results: what other tasks returned, by task id and key.
        conf: the configuration of the run.
        params: the names of the DAG's parameters.
    """
    return {
        "ti": FakeTaskInstance(run.dag_id, try_number, results),
        "run_id": run.run_id,
        "dag": DAG("test_dag", schedule=None, params=dict.fromkeys(params)),
        "dag_run": SimpleNamespace(conf=conf),
    }
