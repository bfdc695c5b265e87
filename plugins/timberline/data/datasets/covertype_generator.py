"""Generated rows in the published form of Covertype, for a machine that has neither the file nor a network.

Class shares and the means and deviations of Elevation per class are those of the published rows; everything else is
made up so that the seven classes can be learned, but not perfectly. Figures from such rows say nothing about forests.
"""

from typing import TYPE_CHECKING

from timberline.data.datasets.covertype_columns import (
    NUMERIC,
    PUBLISHED_CLASS_ROWS,
    SOIL_COUNT,
    TARGET,
    WILDERNESS_COUNT,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VERSION = "v1"
ROWS = 60_000
_SEED = 20_260_101
_CLASSES = len(PUBLISHED_CLASS_ROWS)
_ELEVATION_MEAN_M = (3128, 2921, 2394, 2224, 2787, 2419, 3362)
_ELEVATION_DEVIATION_M = (158, 187, 196, 102, 97, 189, 107)
_ASPECT_MEAN_DEG = (90, 150, 180, 130, 100, 340, 270)
_SLOPE_MEAN_DEG = (13, 14, 21, 18, 17, 19, 14)
_ROADWAYS_MEAN_M = (2600, 2430, 940, 915, 1350, 1040, 2740)
_FIRE_POINTS_MEAN_M = (2010, 2170, 910, 860, 1580, 1055, 2070)
# Weights of Rawah, Neota, Commanche and Cache per class.
_WILDERNESS_WEIGHTS = (
    (50, 9, 41, 0),
    (52, 3, 44, 1),
    (0, 0, 40, 60),
    (0, 0, 0, 100),
    (40, 0, 60, 0),
    (0, 0, 44, 56),
    (25, 11, 64, 0),
)
_SOILS_PER_CLASS = 12


def generate(rows: int) -> "dict[str, npt.NDArray[np.int64]]":
    """Return columns of `rows` rows; equal calls give equal rows.

    Every class occurs: the rarest has about half a percent of the rows.
    """
    import numpy as np

    random = np.random.default_rng(_SEED)
    shares = np.array(PUBLISHED_CLASS_ROWS) / sum(PUBLISHED_CLASS_ROWS)
    kind = random.choice(_CLASSES, size=rows, p=shares)
    columns = _numbers(random, kind)
    columns |= _one_hot("Wilderness_Area", _wilderness(random, kind), WILDERNESS_COUNT)
    columns |= _one_hot("Soil_Type", _soils(random, kind), SOIL_COUNT)
    return columns | {TARGET: kind + 1}


def _numbers(random: "np.random.Generator", kind: "npt.NDArray[np.int64]") -> "dict[str, npt.NDArray[np.int64]]":
    import numpy as np

    rows = kind.size

    def per_class(values: tuple[int, ...]) -> "npt.NDArray[np.int64]":
        return np.array(values)[kind]

    elevation = random.normal(per_class(_ELEVATION_MEAN_M), per_class(_ELEVATION_DEVIATION_M))
    aspect = random.normal(per_class(_ASPECT_MEAN_DEG), 70) % 360
    slope = np.abs(random.normal(per_class(_SLOPE_MEAN_DEG), 6)).clip(0, 66)
    water = random.exponential(60 + 40 * kind, rows)
    sun = np.cos(np.radians(aspect))
    values = {
        "Elevation": elevation,
        "Aspect": aspect,
        "Slope": slope,
        "Horizontal_Distance_To_Hydrology": water,
        "Vertical_Distance_To_Hydrology": water * random.normal(0.15, 0.12, rows),
        "Horizontal_Distance_To_Roadways": random.gamma(2.0, per_class(_ROADWAYS_MEAN_M) / 2),
        "Hillshade_9am": 218 - 1.1 * slope * sun + random.normal(0, 12, rows),
        "Hillshade_Noon": 230 - 0.6 * slope + random.normal(0, 10, rows),
        "Hillshade_3pm": 140 + 1.6 * slope * sun + random.normal(0, 20, rows),
        "Horizontal_Distance_To_Fire_Points": random.gamma(2.0, per_class(_FIRE_POINTS_MEAN_M) / 2),
    }
    hillshades = {name for name in values if name.startswith("Hillshade")}
    return {
        name: np.rint(values[name].clip(0, 254) if name in hillshades else values[name]).astype(np.int64)
        for name in NUMERIC
    }


def _wilderness(random: "np.random.Generator", kind: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    import numpy as np

    limits = np.cumsum(np.array(_WILDERNESS_WEIGHTS) / 100.0, axis=1)[kind]
    above: npt.NDArray[np.int64] = (random.random(kind.size)[:, None] >= limits).sum(axis=1)
    return above.clip(0, WILDERNESS_COUNT - 1)


def _soils(random: "np.random.Generator", kind: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """Each class prefers a window of soils that overlaps its neighbours', the first ones most."""
    offset = random.geometric(0.25, kind.size) % _SOILS_PER_CLASS
    return (kind * 4 + offset) % SOIL_COUNT


def _one_hot(prefix: str, place: "npt.NDArray[np.int64]", count: int) -> "dict[str, npt.NDArray[np.int64]]":
    return {f"{prefix}{number}": (place == number - 1).astype("int64") for number in range(1, count + 1)}
