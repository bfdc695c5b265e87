"""Forest Covertype (Blackard and Dean, 1998): its columns, its classes, and the names of its one-hot columns.

Source: https://archive.ics.uci.edu/dataset/31/covertype.
"""

from collections.abc import Mapping
from types import MappingProxyType

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
