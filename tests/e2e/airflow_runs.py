"""Runs of DAGs through Airflow, as the end-to-end tests start them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.forks import ROOT, ForkedProcess, Forks
from tests.local_cloud import LocalCloud

_TIMEOUT_S = 900


@dataclass(frozen=True)
class AirflowRun:
    """A finished run: its exit code and Airflow's whole output."""

    code: int
    output: str


class Airflow:
    """An Airflow of the tests' own: a database, the repository's dags/ and plugins/.

    Its processes are forks of one that has Airflow's imports done: each costs seconds less.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._migrated = False
        self._forks: Forks | None = None
        self._logs = count()

    def environment(self, cloud: LocalCloud, data_dir: Path) -> dict[str, str]:
        return {
            **os.environ,
            **cloud.environment,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True",
            "PYTHONPATH": str(ROOT / "local"),
            "TIMBERLINE_DATA_DIR": str(data_dir),
        }

    def dags_test(self, cloud: LocalCloud, data_dir: Path, dag_id: str, conf: dict[str, Any]) -> AirflowRun:
        """Run `airflow dags test`."""
        return self._run(["airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)], cloud, data_dir)

    def run_of(
        self, cloud: LocalCloud, data_dir: Path, dag_id: str, conf: dict[str, Any], run_after: str
    ) -> AirflowRun:
        """Run the DAG under the run id that belongs to an ISO timestamp with offset."""
        return self._run(["tests.e2e.one_dag_run", dag_id, json.dumps(conf), run_after], cloud, data_dir)

    def start_run_of(
        self, cloud: LocalCloud, data_dir: Path, dag_id: str, conf: dict[str, Any], run_after: str, log: Path
    ) -> ForkedProcess:
        """Start such a run and return its process; its output goes to a file."""
        arguments = ["tests.e2e.one_dag_run", dag_id, json.dumps(conf), run_after]
        return self._start(arguments, self.environment(cloud, data_dir), log)

    def _run(self, arguments: Sequence[str], cloud: LocalCloud, data_dir: Path) -> AirflowRun:
        log = self.home / f"run-{next(self._logs)}.log"
        code = self._start(arguments, self.environment(cloud, data_dir), log).wait(_TIMEOUT_S)
        return AirflowRun(code, log.read_text(errors="replace"))

    def _start(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> ForkedProcess:
        self.migrate(environment)
        if self._forks is None:
            self._forks = Forks("tests.e2e.airflow_imports", environment)
        return self._forks.launch(["python", "-m", *arguments], log, log, environment)

    def migrate(self, environment: Mapping[str, str]) -> None:
        """Set up the database, once."""
        if not self._migrated:
            subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True
            )
            self._migrated = True
