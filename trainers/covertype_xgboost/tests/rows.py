"""Small synthetic Covertype rows with a rule that a model can learn."""

import numpy as np
import pyarrow as pa
from trainer.features import NUMERIC

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
