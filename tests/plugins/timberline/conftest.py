"""A run of each test's own, settings that lead to the local cloud, and a bucket there."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Conflict
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.local_cloud import LocalCloud
from timberline.endpoints import Connection
from timberline.identity import RunIdentity
from timberline.settings import Settings, read_settings

CONNECTION = Connection()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> RunIdentity:
    return RunIdentity("test_dag", request.node.nodeid)


@pytest.fixture
def settings(localgcp: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a deployment whose bucket exists."""
    monkeypatch.setenv("TIMBERLINE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("TIMBERLINE_DATA_DIR", raising=False)
    found = read_settings()
    client: Any = storage.Client(project=found.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    with contextlib.suppress(Conflict):
        client.create_bucket(found.bucket)
    return found


@pytest.fixture
def no_pause() -> Any:
    """A `sleep` for hooks that only remembers how long it was asked to wait."""
    asked: list[float] = []

    def sleep(seconds: float) -> None:
        asked.append(seconds)

    sleep.asked = asked  # type: ignore[attr-defined]
    return sleep
