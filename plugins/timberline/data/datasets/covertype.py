"""Forest Covertype (Blackard and Dean, 1998): its columns, its classes, and the names behind its one-hot columns.

Source: https://archive.ics.uci.edu/dataset/31/covertype; soil codes are those of its `covtype.info`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from timberline.data.datasets.data_set import DataSet, RowFile
from timberline.run.settings import Settings

TARGET = "Cover_Type"

COVER_TYPES: Mapping[int, str] = MappingProxyType(
    {
        1: "Spruce/Fir",
        2: "Lodgepole Pine",
        3: "Ponderosa Pine",
        4: "Cottonwood/Willow",
        5: "Aspen",
        6: "Douglas-fir",
        7: "Krummholz",
    }
)

NUMERIC = (
    "Elevation",
    "Aspect",
    "Slope",
    "Horizontal_Distance_To_Hydrology",
    "Vertical_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Hillshade_9am",
    "Hillshade_Noon",
    "Hillshade_3pm",
    "Horizontal_Distance_To_Fire_Points",
)

WILDERNESS_COUNT = 4
SOIL_COUNT = 40

ONE_HOT_COLUMNS = (
    *NUMERIC,
    *(f"Wilderness_Area{number}" for number in range(1, WILDERNESS_COUNT + 1)),
    *(f"Soil_Type{number}" for number in range(1, SOIL_COUNT + 1)),
    TARGET,
)
"""The published form: whole numbers throughout."""

COLUMNS = (*NUMERIC, "Wilderness_Area", "Soil_Type", TARGET)
"""The form that models are trained on: the two categories as text."""

PUBLISHED_CLASS_ROWS = (211_840, 283_301, 35_754, 2_747, 9_493, 17_367, 20_510)


def _find_rows(settings: Settings, source: str) -> RowFile:
    """Import the finder only where rows are wanted: DAG files import this module."""
    from timberline.data.datasets.covertype_rows import find_rows

    return find_rows(settings, source)


COVERTYPE = DataSet(
    name="covertype",
    columns=COLUMNS,
    target=TARGET,
    classes=COVER_TYPES,
    segment_label="cover type",
    find_rows=_find_rows,
    decode_statement="decode_one_hot.sql",
)
