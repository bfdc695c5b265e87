"""Runs of DAGs through Airflow, as the end-to-end tests start them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.local_cloud import LocalCloud

ROOT = Path(__file__).parents[2]

# `airflow dags test` takes no run id: this is its body with one, so that a test can run the same run again.
_SAME_RUN = """
import json, sys
from datetime import datetime
from airflow.models.dagbag import DagBag
folder, dag_id, conf, when = sys.argv[1:]
moment = datetime.fromisoformat(when)
run = DagBag(folder).get_dag(dag_id).test(run_after=moment, logical_date=moment, run_conf=json.loads(conf))
sys.exit(0 if run.state == "success" else 1)
"""


@dataclass(frozen=True)
class AirflowRun:
    """A finished run: its exit code and Airflow's whole output."""

    code: int
    output: str


class Airflow:
    """An Airflow of the tests' own: a database, the repository's dags/ and plugins/."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._migrated = False

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
        return self._run(["-m", "airflow", "dags", "test", dag_id, "--conf", json.dumps(conf)], cloud, data_dir)

    def run_of(
        self, cloud: LocalCloud, data_dir: Path, dag_id: str, conf: dict[str, Any], run_after: str
    ) -> AirflowRun:
        """Run the DAG under the run id that belongs to an ISO timestamp with offset."""
        return self._run(["-c", _SAME_RUN, str(ROOT / "dags"), dag_id, json.dumps(conf), run_after], cloud, data_dir)

    def start_run_of(
        self, cloud: LocalCloud, data_dir: Path, dag_id: str, conf: dict[str, Any], run_after: str, log: Path
    ) -> "subprocess.Popen[str]":
        """Start such a run and return its process; its output goes to a file."""
        environment = self.environment(cloud, data_dir)
        self.migrate(environment)
        command = [sys.executable, "-c", _SAME_RUN, str(ROOT / "dags"), dag_id, json.dumps(conf), run_after]
        with log.open("w") as out:
            return subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, text=True, cwd=ROOT)

    def _run(self, arguments: list[str], cloud: LocalCloud, data_dir: Path) -> AirflowRun:
        environment = self.environment(cloud, data_dir)
        self.migrate(environment)
        result = subprocess.run(
            [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=900, cwd=ROOT, check=False,
        )  # fmt: skip
        return AirflowRun(result.returncode, result.stdout)

    def migrate(self, environment: dict[str, str]) -> None:
        """Set up the database, once."""
        if not self._migrated:
            subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True
            )
            self._migrated = True
