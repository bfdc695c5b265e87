"""Small synthetic Covertype rows with a rule that a model can learn, as tables and as data sets on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from trainer_common.covertype import NUMERIC

AREAS = ("Cache", "Commanche", "Neota", "Rawah")


def make_rows(count: int = 400, seed: int = 0) -> pa.Table:
    """Makes rows whose Cover_Type is 3 where the elevation is low and the soil is C1, else 1 or 2."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {name: random.integers(0, 250, count) for name in NUMERIC}
    elevation, soil = random.integers(2000, 3500, count), random.integers(0, 4, count)
    columns["Elevation"] = elevation
    columns["Wilderness_Area"] = [AREAS[place] for place in random.integers(0, 4, count)]
    columns["Soil_Type"] = [f"C{code}" for code in soil]
    columns["Cover_Type"] = np.where((elevation < 2800) & (soil == 1), 3, 1 + random.integers(0, 2, count))
    columns["label"] = (np.asarray(columns["Cover_Type"]) == 3).astype(np.int64)
    return pa.table(columns)


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
