"""Fixtures for anybody's tests; pytest finds them by the entry point of this package."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from localgcp.testing.local_cloud import LocalCloud

Cloud = TypeVar("Cloud", bound=LocalCloud)
# With credentials at hand, Google's clients would use them and fetch a token before the first call.
_CREDENTIALS = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY", "CLOUDSDK_AUTH_ACCESS_TOKEN")


@pytest.fixture(scope="module")
def localgcp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A server for the tests of one module, with the clients' environment set."""
    with serving(request, LocalCloud(tmp_path_factory.mktemp("localgcp") / "state")) as cloud:
        yield cloud


@pytest.fixture
def fresh_localgcp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalCloud]:
    """A server of one test's own, which it may kill."""
    with serving(request, LocalCloud(tmp_path / "state")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def localgcp_project(localgcp: LocalCloud) -> str:
    """The project of `localgcp`."""
    return localgcp.project


@contextmanager
def serving(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[Cloud]:
    """Start a local cloud and set the clients' environment; stop it at the end.

    The state folder is removed unless a test failed.

    Raises:
        NotStarted: the server ended instead.
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
        # After a failure the logs are worth more than the room; pytest clears its folders away in time.
        if request.session.testsfailed == failed_before:
            shutil.rmtree(cloud.state_dir, ignore_errors=True)
            cloud.log.unlink(missing_ok=True)
