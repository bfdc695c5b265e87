"""Calls of Airflow's REST API on this machine, for `make ui`."""

import json
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

_TIMEOUT_S = 30
_UNFINISHED = ("queued", "running")
_BEGUN = ("scheduled", "queued", "running", "deferred", "restarting", "up_for_retry", "up_for_reschedule")
_PAGE = 100
# Calls stay on loopback: the proxy settings of this machine are ignored.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(OSError):
    """The server refused a request."""


class AirflowApi:
    """The API of one server, called as one user.

    Every method raises OSError if the server does not answer or refuses.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url
        self._login = {"username": user, "password": password}
        self._token = ""

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """Make one call below /api/v2 and return the decoded answer."""
        if not self._token:
            self._token = str(_answer("POST", f"{self._url}/auth/token", self._login)["access_token"])
        return _answer(verb, f"{self._url}/api/v2{path}", body, {"Authorization": f"Bearer {self._token}"})

    def without_heartbeat(self, components: Sequence[str], since: datetime) -> list[str]:
        """Return the components (scheduler, triggerer, dag-processor) that sent no heartbeat since a moment."""
        health = _answer("GET", f"{self._url}/api/v2/monitor/health")
        beats = {
            name: health[name.replace("-", "_")][f"latest_{name.replace('-', '_')}_heartbeat"] for name in components
        }
        # The database may hold the heartbeat of an earlier process.
        return [name for name, beat in beats.items() if beat is None or datetime.fromisoformat(beat) < since]

    def dag_ids(self) -> list[str]:
        """Return the ids of all DAGs."""
        return [dag["dag_id"] for dag in self.call("GET", f"/dags?limit={_PAGE}")["dags"]]

    def import_errors(self) -> list[str]:
        """Return the DAG files that Airflow cannot import."""
        return [error["filename"] for error in self.call("GET", f"/importErrors?limit={_PAGE}")["import_errors"]]

    def fail_unfinished_runs(self) -> list[str]:
        """Mark the started tasks of unfinished runs as failed, and return the ids of these runs.

        The scheduler, once it has started, ends these runs like any failed run: their clean-up tasks run.
        """
        query = urlencode([("state", state) for state in _UNFINISHED] + [("limit", str(_PAGE))])
        runs = self.call("GET", f"/dags/~/dagRuns?{query}")["dag_runs"]
        return [f"{run['dag_id']} {run['dag_run_id']}" for run in runs if self._fail(run)]

    def _fail(self, run: dict[str, Any]) -> bool:
        path = f"/dags/{quote(run['dag_id'])}/dagRuns/{quote(run['dag_run_id'])}"
        query = urlencode([("state", state) for state in _BEGUN] + [("limit", str(_PAGE))])
        try:
            begun = self.call("GET", f"{path}/taskInstances?{query}")["task_instances"]
            for task in begun:
                index = "" if task["map_index"] < 0 else f"/{task['map_index']}"
                self.call("PATCH", f"{path}/taskInstances/{quote(task['task_id'])}{index}", {"new_state": "failed"})
            if not begun:
                # Only without started tasks: Airflow turns a run that is marked as failed into a success if a teardown
                # task follows.
                self.call("PATCH", path, {"state": "failed"})
            self.call("PATCH", path, {"note": "Interrupted: Airflow was stopped during the run."})
        except Refused:  # the DAG does not exist any more, so that nothing can run it
            return False
        return True


def _answer(verb: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data=data, method=verb, headers={"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as reply:
            return json.load(reply)
    except HTTPError as error:
        raise Refused(f"{verb} {url}: {error.code} {error.read().decode(errors='replace')}") from error
