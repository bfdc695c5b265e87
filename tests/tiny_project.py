"""A copy of what is deployed with the DAGs, with the tiny trainer and its job file added."""

import shutil
from pathlib import Path

from tests.contract.training import TINY_TRAINER
from tests.forks import ROOT

TRAINER = "tiny"
JOB_FILE = "tiny.yaml"


def make_project(folder: Path) -> Path:
    """Make include/ and trainers/ in a folder, and return the former: the value of TIMBERLINE_INCLUDE_DIR."""
    left_out = shutil.ignore_patterns("tests", "__pycache__")
    for name in ("include", "trainers"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copytree(TINY_TRAINER, folder / "trainers" / TRAINER, ignore=left_out)
    shutil.copy(Path(__file__).with_name(JOB_FILE), folder / "include" / "jobs")
    return folder / "include"
