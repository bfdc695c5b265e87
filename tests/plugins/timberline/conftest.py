"""A run of each test's own, settings that lead to the local cloud, and a bucket there."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.bases.operator import ExecutorSafeguard
from google.api_core.exceptions import Conflict
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.contract.training import build_tiny_image
from tests.local_cloud import LocalCloud
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.run.identity import RunIdentity
from timberline.run.services import Connection
from timberline.run.settings import Settings, read_settings

CONNECTION = Connection()


@pytest.fixture(autouse=True)
def _outside_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators are called as they are, without Airflow's task runner around them."""
    monkeypatch.setattr(ExecutorSafeguard, "test_mode", True)


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
def logged(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Returns what the test has logged so far: Airflow's loggers write to the standard output."""
    parts: list[str] = []

    def text() -> str:
        parts.extend(capsys.readouterr())
        return "".join(parts)

    return text


@pytest.fixture
def no_pause() -> Any:
    """A `sleep` for hooks that only remembers how long it was asked to wait."""
    asked: list[float] = []

    def sleep(seconds: float) -> None:
        asked.append(seconds)

    sleep.asked = asked  # type: ignore[attr-defined]
    return sleep


@pytest.fixture(scope="module")
def cloud(localgcp: LocalCloud) -> LocalCloud:
    """A local cloud that has the tiny trainer's image."""
    build_tiny_image(localgcp)
    return localgcp


@pytest.fixture
def make_hook(cloud: LocalCloud, no_pause: Any) -> Iterator[Callable[[], VertexJobsHook]]:
    """Makes hooks whose waits cost nothing; what the test leaves running is cancelled, and its faults are removed."""
    yield lambda: VertexJobsHook(cloud.project, "europe-west1", CONNECTION, sleep=no_pause)
    cloud.clear_faults()
    hook = VertexJobsHook(cloud.project, "europe-west1", CONNECTION)
    hook.cancel(status.ref for status in hook.find({}) if not status.state.is_final)


@pytest.fixture
def hook(make_hook: Callable[[], VertexJobsHook]) -> VertexJobsHook:
    return make_hook()
