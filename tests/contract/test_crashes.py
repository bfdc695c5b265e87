"""Whatever was answered is there after a crash, and nothing half-done is.

`LOCALGCP_CRASHES` is how often the server is killed in each test, `LOCALGCP_CRASH_SEED` what the writes are made of.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.crash_jobs import Endpoints, Jobs, Models
from tests.contract.crash_objects import Objects, ResumableUploads, Versions
from tests.contract.crash_tables import Tables
from tests.contract.crashing import Crowd, Writer

_CRASHES = int(os.environ.get("LOCALGCP_CRASHES", "2"))
_SEED = int(os.environ.get("LOCALGCP_CRASH_SEED", "1"))

_CROWDS: dict[str, Sequence[type[Writer]]] = {
    "objects": (Objects, Objects, Versions, ResumableUploads, ResumableUploads),
    "tables": (Tables, Tables, Tables),
    "jobs": (Jobs, Models, Models, Endpoints),
    "all": (Objects, Versions, ResumableUploads, Tables, Tables, Jobs, Models, Endpoints),
}


@pytest.mark.parametrize("crowd", _CROWDS)
def test_nothing_that_was_answered_is_lost_and_nothing_is_half_done(fresh_localgcp: LocalCloud, crowd: str) -> None:
    fresh_localgcp.hold_jobs()
    writers = [kind(fresh_localgcp, f"w{number}") for number, kind in enumerate(_CROWDS[crowd])]
    at_work = Crowd(fresh_localgcp, writers, Random(_SEED))
    for _ in range(_CRASHES):
        at_work.crash()
    fresh_localgcp.stop()
    assert leftovers(fresh_localgcp.state_dir) == []


def leftovers(state_dir: Path) -> list[str]:
    """Return the files and tables that nothing names any more."""
    folders = ("bigquery/uploads", "bigquery/staging", "bigquery/results")
    files = [path for name in folders for path in (state_dir / name).glob("**/*") if path.is_file()]
    return [str(path) for path in files]
