"""A cloud in which a first version is in service, copied for every test that breaks something."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from airflow.sdk.bases.operator import ExecutorSafeguard
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.e2e.conftest import ROWS_FILE
from tests.faults.steps import Run, called_methods
from tests.local_cloud import LocalCloud
from tests.tiny_project import make_project
from timberline.data.datasets.covertype_generator import generate
from timberline.data.datasets.covertype_rows import write_rows

# Enough for every segment to have rows in every split; the tiny trainer does not look at them.
_ROWS = 2_000


@pytest.fixture(autouse=True, scope="package")
def _outside_of_airflow() -> Iterator[None]:
    """Operators are called as they are, without Airflow's task runner around them, and wait for nothing for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExecutorSafeguard, "test_mode", True)
        patch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.01)
        yield


@pytest.fixture(autouse=True, scope="package")
def _tiny_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Job files and trainers with the tiny ones among them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIMBERLINE_INCLUDE_DIR", str(make_project(tmp_path_factory.mktemp("project"))))
        yield


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few generated rows."""
    folder = tmp_path_factory.mktemp("data")
    write_rows(folder / ROWS_FILE, generate(_ROWS))
    return folder


@dataclass(frozen=True)
class Recorded:
    """What a finished run left: a state folder, and the methods that it called."""

    state_dir: Path
    methods: list[str]


@contextmanager
def _started(state_dir: Path, data_dir: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(state_dir)
    cloud.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**cloud.environment, "TIMBERLINE_DATA_DIR": str(data_dir)}.items():
                patch.setenv(name, value)
            yield cloud
    finally:
        cloud.stop()


def _make_bucket(cloud: LocalCloud) -> None:
    client = storage.Client(project=cloud.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    client.create_bucket(f"{cloud.project}-timberline")


@pytest.fixture(scope="package")
def released(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Recorded:
    """A cloud in which one run has released a version."""
    with _started(tmp_path_factory.mktemp("released") / "state", data_dir) as cloud:
        _make_bucket(cloud)
        Run("first").go()
        methods = called_methods(cloud)
    return Recorded(cloud.state_dir, methods)


@pytest.fixture(scope="package")
def first_run_methods(released: Recorded) -> list[str]:
    """What a first run calls: it loads rows and builds the image."""
    return released.methods


@pytest.fixture(scope="package")
def second_run_methods(released: Recorded, tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> list[str]:
    """What a run calls that replaces the version in service."""
    state_dir = tmp_path_factory.mktemp("second") / "state"
    shutil.copytree(released.state_dir, state_dir)
    with _started(state_dir, data_dir) as cloud:
        Run("second").go()
        return called_methods(cloud)


@pytest.fixture
def released_cloud(released: Recorded, data_dir: Path, tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of the test's own in which version 1 is in service."""
    shutil.copytree(released.state_dir, tmp_path / "state")
    with _started(tmp_path / "state", data_dir) as cloud:
        yield cloud


@pytest.fixture
def empty_cloud(data_dir: Path, tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of the test's own with an empty bucket."""
    with _started(tmp_path / "state", data_dir) as cloud:
        _make_bucket(cloud)
        yield cloud
