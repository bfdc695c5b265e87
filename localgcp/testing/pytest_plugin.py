"""The pytest fixtures of localgcp; pytest loads them through the entry point of this package."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from localgcp.testing.local_cloud import LocalCloud

Cloud = TypeVar("Cloud", bound=LocalCloud)
# With credentials in the environment, Google's clients would fetch a token before their first call.
_CREDENTIALS = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY", "CLOUDSDK_AUTH_ACCESS_TOKEN")


@pytest.fixture(scope="module")
def localgcp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A server for the tests of one module; the environment points clients to it."""
    with serving(request, LocalCloud(tmp_path_factory.mktemp("localgcp") / "state")) as cloud:
        yield cloud


@pytest.fixture
def fresh_localgcp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalCloud]:
    """A server for one test, which may kill it; the environment points clients to it."""
    with serving(request, LocalCloud(tmp_path / "state")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def localgcp_project(localgcp: LocalCloud) -> str:
    """The project of the fixture `localgcp`."""
    return localgcp.project


@contextmanager
def serving(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[Cloud]:
    """Start a server, and point the environment of clients to it while the context is open.

    At the end the state folder and the log are deleted, unless a test failed meanwhile.

    Raises:
        NotStarted: the server failed to start.
    """
    failed_before = request.session.testsfailed
    try:
        cloud.start()
        with pytest.MonkeyPatch.context() as patch:
            for name in _CREDENTIALS:
                patch.delenv(name, raising=False)
            for name, value in cloud.environment.items():
                patch.setenv(name, value)
            yield cloud
    finally:
        cloud.stop()
        # The logs may explain a failure; pytest deletes its temporary folders later.
        if request.session.testsfailed == failed_before:
            shutil.rmtree(cloud.state_dir, ignore_errors=True)
            cloud.log.unlink(missing_ok=True)
