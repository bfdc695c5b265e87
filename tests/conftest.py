"""What all tests share: an environment that cannot reach the cloud, and a local one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# The entry point gives the same; it is there only after an installation.
from localgcp.testing.pytest_plugin import localgcp_project, serving
from tests.local_cloud import LocalCloud, RealCloud

__all__ = ["localgcp_project"]

_ROOT = Path(__file__).parents[1]
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
# What the Makefile sets, for a pytest that is run without it.
_DEFAULTS = {
    "LOCALGCP_UV": _ROOT / ".tools" / "bin" / "uv",
    "LOCALGCP_CACHE_DIR": _ROOT / ".cache" / "localgcp",
    "AIRFLOW_HOME": _ROOT / ".airflow",
}

# The files that take longest, longest first: they begin first, so that no processor is without work at the end.
_LONGEST_FIRST = (
    "e2e/test_scheduled.py",
    "e2e/test_covertype_xgboost.py",
    "e2e/test_covertype_sgd.py",
    "test_trainers.py",
    "faults/test_kills.py",
    "faults/test_every_call.py",
    "e2e/test_resource_janitor.py",
    "contract/test_prebuilt_prediction.py",
    "faults/test_releases.py",
    "faults/test_restarts.py",
    "contract/test_crashes.py",
    "contract/bigquery/test_stopping.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; each file stays together (`--dist loadfile`), for its fixtures."""
    places = {_ROOT / "tests" / name: place for place, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_configure() -> None:
    """Make runs without make, and in the background of a script, like the others."""
    for name, path in _DEFAULTS.items():
        # A checkout that `make setup` has not seen may still have an uv of its own in PATH.
        if name not in os.environ and (name != "LOCALGCP_UV" or path.exists()):
            os.environ[name] = str(path)
    # Shells start such processes with SIGINT ignored, children inherit that, and would never end when they are told to.
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
def localgcp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A forked server for the tests of one module, with the clients' environment set."""
    with serving(request, LocalCloud(tmp_path_factory.mktemp("localgcp") / "state")) as cloud:
        yield cloud


@pytest.fixture
def fresh_localgcp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalCloud]:
    """A forked server of one test's own, which it may kill."""
    with serving(request, LocalCloud(tmp_path / "state")) as cloud:
        yield cloud


@pytest.fixture
def real_localgcp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealCloud]:
    """A server of one test's own that was started as users start it; each start costs four seconds of a processor."""
    with serving(request, RealCloud(tmp_path / "state")) as cloud:
        yield cloud
