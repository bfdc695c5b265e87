"""Files of a few hundred generated rows, as a deployment's data folder has them."""

import gzip
from pathlib import Path

from timberline.data.datasets.covertype_generator import generate
from timberline.data.datasets.covertype_rows import write_rows


def data_folder(folder: Path, rows: int = 600) -> Path:
    """Write the data folder and return it."""
    write_rows(folder / "covertype" / "covertype.csv.gz", generate(rows))
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    """Replace text in the data folder's file."""
    path = folder / "covertype" / "covertype.csv.gz"
    with gzip.open(path, "rt") as file:
        text = file.read()
    with gzip.open(path, "wt") as file:
        file.write(text.replace(old, new))
