"""The trainers' own suites: each trainer has a package `trainer`, so each suite needs a process of its own.

They take up to a minute each: models are fitted, and servers started.
"""

import os
import subprocess
import sys

import pytest

from tests.forks import ROOT

_SUITES = sorted(path.parent for path in (ROOT / "trainers").glob("*/tests"))


@pytest.mark.parametrize("trainer", _SUITES, ids=lambda path: path.name)
def test_suite_of_the_trainer_passes(trainer: "os.PathLike[str]") -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "trainers" / "common"), "."])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests"]
    result = subprocess.run(command, cwd=trainer, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-10_000:] + result.stderr[-2_000:]
