"""Runs of DAGs under Airflow's scheduler, triggerer and API server, as `make ui` starts them."""

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local import ui
from local.airflow_api import AirflowApi
from local.components import Components

_WAIT_S = 600
# Airflow detects a dead triggerer, and gives its triggers to another one, within seconds instead of half a minute.
# It reads the DAG files once: reading them every ten seconds costs more than the runs.
_FAST = {
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "4",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "600",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
}


class ScheduledRuns:
    """The runs of DAGs, through the REST API; a run's id begins with its DAG's.

    Attributes:
        seen: the states that the task instances of each run have been seen in, by run id.
    """

    def __init__(self, api: AirflowApi) -> None:
        self.api = api
        self.seen: dict[str, set[tuple[str, int, str]]] = {}

    def trigger(self, dag_id: str, name: str, conf: dict[str, Any]) -> str:
        """Trigger a run and return its id."""
        run_id = f"{dag_id}:{name}"
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self.api.call("POST", f"/dags/{dag_id}/dagRuns", body)
        return run_id

    @staticmethod
    def _path(run_id: str) -> str:
        return f"/dags/{run_id.partition(':')[0]}/dagRuns/{quote(run_id)}"

    def run_state(self, run_id: str) -> str:
        return str(self.api.call("GET", f"{self._path(run_id)}")["state"])

    def tasks(self, run_id: str, task_id: str) -> list[dict[str, Any]]:
        """Return the present instances of a task in the order of their map indices."""
        found = self.api.call("GET", f"{self._path(run_id)}/taskInstances?limit=200")["task_instances"]
        self.seen.setdefault(run_id, set()).update(
            (one["task_id"], one["map_index"], str(one["state"])) for one in found
        )
        return sorted((one for one in found if one["task_id"] == task_id), key=lambda one: int(one["map_index"]))

    def mark_failed(self, run_id: str, task_id: str) -> None:
        """Mark a task instance as failed, as a person does in the interface."""
        body = {"new_state": "failed"}
        self.api.call("PATCH", f"{self._path(run_id)}/taskInstances/{task_id}", body)

    def wait_for_states(self, run_id: str, task_id: str, *states: str) -> list[dict[str, Any]]:
        """Wait until the task's instances are in these states, in any order, and return the instances."""
        expected = sorted(states)
        self.wait(lambda: sorted(str(one["state"]) for one in self.tasks(run_id, task_id)) == expected, run_id)
        return self.tasks(run_id, task_id)

    def wait_for_end(self, run_id: str) -> str:
        self.wait(lambda: self.run_state(run_id) in ("success", "failed"), run_id, may_end=True)
        return self.run_state(run_id)

    def wait(self, is_so: Callable[[], bool], run_id: str, *, may_end: bool = False) -> None:
        """Poll until a condition holds; fail if the run ends first, or after the time limit."""
        deadline_s = time.monotonic() + _WAIT_S
        while not is_so():
            ended = not may_end and self.run_state(run_id) in ("success", "failed")
            assert not ended, f"{run_id} has ended; seen: {sorted(self.seen.get(run_id, []))}"
            assert time.monotonic() < deadline_s, f"{run_id} hangs; seen: {sorted(self.seen.get(run_id, []))}"
            time.sleep(0.2)


class ScheduledAirflow(ScheduledRuns):
    """All of Airflow's processes, started one by one."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        port, password_file = free_port(), home / ui.PASSWORD_FILE
        super().__init__(AirflowApi(f"http://127.0.0.1:{port}", ui.USER, ui.password_in(password_file)))
        settings = environment | ui.environment(port, password_file) | _FAST
        self.components = Components(settings, home / "components")

    def start(self) -> list[str]:
        """Start all processes, and return the lines that `make ui` prints then."""
        try:
            lines = ui.start(self.components, self.api)
            assert not self.api.import_errors(), self.api.call("GET", "/importErrors")
        except BaseException:
            self.components.stop()
            raise
        return lines

    def restart_triggerer(self, number: signal.Signals) -> None:
        self.components.end("triggerer", number)
        self.components.start("triggerer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
