"""What all tests share: an environment that cannot reach the cloud, and a local one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_cloud import LocalCloud

_CLOUD_VARIABLES = (
    "GOOGLE_",
    "CLOUDSDK_",
    "STORAGE_EMULATOR",
    "CLOUD_STORAGE_",
    "BIGQUERY_EMULATOR",
    "GCE_METADATA",
    "CLOUD_ML_",
    "AIP_",
)


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes that tests start, also where this one was started in the background of a script.

    Shells start such processes with SIGINT ignored, children inherit that, and would never end when they are told to.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    """No setting of the caller's leaks into a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_CLOUD_VARIABLES):
                patch.delenv(name)
        yield


@pytest.fixture(scope="module")
def localgcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A server for the tests of one module, with the clients' environment set."""
    cloud = LocalCloud(tmp_path_factory.mktemp("localgcp") / "state")
    cloud.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment.items():
            patch.setenv(name, value)
        yield cloud
    cloud.stop()


@pytest.fixture
def fresh_localgcp(tmp_path: Path) -> Iterator[LocalCloud]:
    """A server of one test's own, which it may kill."""
    cloud = LocalCloud(tmp_path / "state")
    cloud.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment.items():
            patch.setenv(name, value)
        yield cloud
    cloud.stop()
