"""Data sets on disk that several tests read."""

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest
from rows import make_rows


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes train, validation and test folders of Parquet shards, and the same as CSV below csv/."""
    folder = tmp_path_factory.mktemp("export")
    for seed, split in enumerate(("train", "validation", "test")):
        for path in (folder / split, folder / "csv" / split):
            path.mkdir(parents=True)
        rows = make_rows(seed=seed)
        for shard in range(2):
            part = rows.slice(shard * 200, 200)
            pyarrow.parquet.write_table(part, folder / split / f"{shard}.parquet")
            pyarrow.csv.write_csv(part, folder / "csv" / split / f"{shard}.csv")
    return folder
