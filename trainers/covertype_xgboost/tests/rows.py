"""Synthetic rows of the Covertype table; Cover_Type 3 follows from Elevation and Soil_Type."""

from trainer.features import COLUMNS
from trainer_common.testing.rows import RowMaker

CATEGORIES = {
    "Wilderness_Area": ("Cache", "Commanche", "Neota", "Rawah"),
    "Soil_Type": ("C0", "C1", "C2", "C3"),
}
make_rows = RowMaker(numeric=COLUMNS.numeric, categories=CATEGORIES, target="Cover_Type").make
