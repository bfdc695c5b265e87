"""The fixtures in a test suite of a user: in its own folder, with the installed package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import os
from pathlib import Path

import psutil
import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage


@pytest.fixture(scope="module")
def bucket(localgcp, localgcp_project):
    return storage.Client(project=localgcp_project).create_bucket("theirs")


def test_objects_and_tables(bucket, localgcp_project):
    bucket.blob("rows.csv").upload_from_string("name,score\\nada,3\\n")
    tables = bigquery.Client(project=localgcp_project, credentials=AnonymousCredentials())
    tables.create_dataset("demo")
    settings = bigquery.LoadJobConfig(autodetect=True, source_format="CSV")
    tables.load_table_from_uri("gs://theirs/rows.csv", "demo.scores", job_config=settings).result()
    assert [tuple(row) for row in tables.query_and_wait("SELECT * FROM demo.scores")] == [("ada", 3)]


def test_faults_and_requests(localgcp, bucket):
    fault = localgcp.add_fault("storage.buckets.get", "error", status=503)
    with pytest.raises(ServiceUnavailable):
        bucket.reload(retry=None)
    assert localgcp.fault_is_consumed(fault)
    assert [call["status"] for call in localgcp.requests("storage.buckets.get")] == [503]


def test_object_survives_a_kill(localgcp, bucket):
    localgcp.restart(kill=True)
    assert bucket.blob("rows.csv").download_as_text().startswith("name")


def test_credentials_of_the_caller_are_hidden(localgcp):
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ
    assert os.environ["STORAGE_EMULATOR_HOST"] == localgcp.base_url
    Path("server").write_text(f"{localgcp.pid} {localgcp.state_dir}")
"""

AFTERWARDS = """
import os
from pathlib import Path

import psutil


def test_process_has_ended_and_folder_is_deleted():
    pid, folder = Path("server").read_text().split(" ", 1)
    assert not psutil.pid_exists(int(pid))
    assert not Path(folder).exists()
    assert "STORAGE_EMULATOR_HOST" not in os.environ
    assert os.environ["GOOGLE_APPLICATION_CREDENTIALS"] == "mine.json"
"""


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a user with credentials. `-p` loads the plugin, whose entry point may not be installed."""
    return os.environ | {"GOOGLE_APPLICATION_CREDENTIALS": "mine.json", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "localgcp.testing.pytest_plugin", "--rootdir", str(folder)]
    return subprocess.run(
        [*command, "--basetemp", str(folder / "temporary"), *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_suite_of_a_user_passes_and_leaves_nothing_behind(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "test_a.py").write_text(SUITE)
    (tmp_path / "test_b.py").write_text(AFTERWARDS)
    result = run(tmp_path, environment)
    assert result.returncode == 0, result.stdout
    assert "5 passed" in result.stdout


def test_state_folder_stays_after_a_failure(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "test_a.py").write_text("def test_fails(localgcp):\n    assert not localgcp.base_url\n")
    assert run(tmp_path, environment).returncode == 1
    assert len(list(tmp_path.glob("temporary/localgcp0/state/resources.sqlite"))) == 1


def test_package_has_the_entry_point_of_the_plugin() -> None:
    project = (Path(__file__).parents[3] / "localgcp" / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\nlocalgcp = "localgcp.testing.pytest_plugin"' in project


def test_server_and_local_cloud_do_not_need_pytest() -> None:
    imports = "import localgcp.cli.main; from localgcp.testing import LocalCloud"
    script = f"import sys; sys.modules['pytest'] = None; {imports}"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_plugin_imports_no_http_client() -> None:
    script = "import sys, localgcp.testing.pytest_plugin; sys.exit('http.client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
