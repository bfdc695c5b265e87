"""The columns of the Covertype table, in the order in which its models take them."""

from trainer_common.instances import Column, Kind

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
CATEGORICAL = ("Wilderness_Area", "Soil_Type")
FEATURES = NUMERIC + CATEGORICAL


def instance_columns(*, nullable: bool) -> tuple[Column, ...]:
    """Returns what an instance of a prediction request holds.

    Args:
        nullable: The model takes missing values.
    """
    return tuple(Column(name, Kind.CATEGORY if name in CATEGORICAL else Kind.NUMBER, nullable) for name in FEATURES)
