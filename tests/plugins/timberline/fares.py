"""A data set of taxi rides, made here: a regression with one model per zone, whose names are texts."""

import gzip
import hashlib
import random
from pathlib import Path

from timberline.data.datasets.data_set import DataSet, RowFile, RowSource, Task
from timberline.run.settings import Settings

ZONES = ("Airport", "North East")
_FILE = "fares.csv.gz"
_SCHEMA = (("zone", "STRING"), ("distance_km", "FLOAT"), ("passengers", "INTEGER"), ("fare", "FLOAT"))


def write_rides(folder: Path, rows: int = 400) -> Path:
    """Write rides of both zones, the same ones always, and return the file."""
    source = random.Random(7)
    path = folder / _FILE
    with gzip.GzipFile(path, "wb", mtime=0) as packed:
        lines = [",".join(name for name, _ in _SCHEMA)]
        for index in range(rows):
            zone, distance = ZONES[index % len(ZONES)], source.uniform(0.5, 30.0)
            fare = 2.5 + (1.8 if zone == "Airport" else 1.2) * distance + source.gauss(0.0, 0.5)
            lines.append(f"{zone},{distance:.3f},{source.randint(1, 4)},{fare:.2f}")
        packed.write("\n".join(lines).encode())
    return path


def _find_rows(settings: Settings, source: str) -> RowFile:
    assert settings.data_dir is not None
    path = settings.data_dir / _FILE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return RowFile(path, RowSource(source), _SCHEMA, digest)


FARES = DataSet(
    name="fares",
    columns=tuple(name for name, _ in _SCHEMA),
    target="fare",
    task=Task.REGRESSION,
    segment_label="zone",
    segment_column="zone",
    find_rows=_find_rows,
)
