"""A pipeline of each test's own, and job files that lead to tiny models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.released import JOB_FILE, Pipeline
from tests.plugins.timberline.rows import data_folder
from timberline.run.identity import short_hash
from timberline.run.settings import Settings


@pytest.fixture
def pipeline(
    cloud: LocalCloud,
    settings: Settings,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Pipeline:
    (tmp_path / "include" / "sql").mkdir(parents=True)
    (tmp_path / "include" / "jobs").mkdir()
    (tmp_path / "include" / "jobs" / "tiny.yaml").write_text(JOB_FILE)
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))
    return Pipeline(settings, f"dag_{short_hash(request.node.nodeid)}")


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of a deployment, with rows of cover types."""
    monkeypatch.setenv("TIMBERLINE_DATA_DIR", str(tmp_path))
    return data_folder(tmp_path)


@pytest.fixture
def client(settings: Settings) -> bigquery.Client:
    return bigquery.Client(project=settings.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


@pytest.fixture
def query(client: bigquery.Client) -> Callable[[str], list[dict[str, Any]]]:
    """Runs a query and returns its rows."""
    return lambda sql: [dict(row) for row in client.query(sql).result()]
