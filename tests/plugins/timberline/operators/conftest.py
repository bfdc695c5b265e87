"""A pipeline of each test's own, and job files that lead to tiny models."""

from pathlib import Path

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.released import JOB_FILE, Pipeline
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
