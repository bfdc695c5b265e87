"""Data sets on disk that several tests read."""

from pathlib import Path

import pytest
from covertype_rows import write_export


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `write_export` fills."""
    folder = tmp_path_factory.mktemp("export")
    write_export(folder)
    return folder
