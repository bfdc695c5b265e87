"""A small data set on disk that several tests read."""

from pathlib import Path

import pytest
from rows import make_rows
from trainer_common.testing.rows import write_export


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders train, validation and test of Parquet shards, and the same as CSV below csv/."""
    folder = tmp_path_factory.mktemp("export")
    write_export(folder, make_rows)
    return folder
