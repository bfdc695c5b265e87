"""A few thousand rows, real ones where they are at hand, and an Airflow of the tests' own."""

import gzip
import itertools
import os
from pathlib import Path

import pytest

from tests.e2e.airflow_runs import Airflow

_ROWS = 6_000


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow(tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the first rows of the real file; without it, one that lacks the file (rows are generated)."""
    folder = tmp_path_factory.mktemp("data")
    real = Path(os.environ.get("TIMBERLINE_DATA_DIR", "")) / "covertype" / "covertype.csv.gz"
    (folder / "covertype").mkdir()
    if real.is_file():
        with gzip.open(real, "rt") as source, gzip.open(folder / "covertype" / "covertype.csv.gz", "wt") as sample:
            sample.writelines(itertools.islice(source, _ROWS + 1))
    return folder
