"""A few thousand rows, real ones where they are at hand, and an Airflow of the tests' own."""

import gzip
import itertools
import os
from pathlib import Path

import pytest

from tests.e2e.airflow_runs import Airflow
from timberline.data.datasets.covertype_generator import generate
from timberline.data.datasets.covertype_rows import write_rows

ROWS_FILE = Path("covertype") / "covertype.csv.gz"
_ROWS = 6_000


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow(tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the first rows of the real file, or as many generated ones where there is no such file."""
    folder = tmp_path_factory.mktemp("data")
    real = Path(os.environ.get("TIMBERLINE_DATA_DIR", "")) / ROWS_FILE
    (folder / ROWS_FILE).parent.mkdir()
    if real.is_file():
        with gzip.open(real, "rt") as source, gzip.open(folder / ROWS_FILE, "wt") as sample:
            sample.writelines(itertools.islice(source, _ROWS + 1))
    else:
        write_rows(folder / ROWS_FILE, generate(_ROWS))
    return folder
