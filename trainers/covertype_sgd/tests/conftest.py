"""The libraries that the processes of these tests need, and a small data set on disk."""

from pathlib import Path

import pytest
from rows import make_rows
from trainer_common.testing.rows import write_export
from trainer_common.testing.warm_process import preload, preload_of

preload(preload_of(Path(__file__).parents[1] / "pyproject.toml"))


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders train, validation and test of Parquet shards, and the same as CSV below csv/."""
    folder = tmp_path_factory.mktemp("export")
    write_export(folder, make_rows)
    return folder
