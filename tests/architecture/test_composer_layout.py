"""The folders of a Composer bucket: dags/ with include/ and trainers/ below it, and plugins/."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_NO_SOURCE = shutil.ignore_patterns("__pycache__", "tests", "*.egg-info")

_LOOK = """
import json
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow before 3.2
    from airflow.models.dagbag import DagBag
import timberline
from timberline.spec.include import include_dir, trainers_dir
bag = DagBag()
print(json.dumps({
    "errors": bag.import_errors, "dags": sorted(bag.dag_ids), "package": timberline.__file__,
    "include": str(include_dir()), "trainers": str(trainers_dir()),
}))
"""


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bucket")
    shutil.copytree(_ROOT / "dags", folder / "dags", ignore=_NO_SOURCE)
    shutil.copytree(_ROOT / "include", folder / "dags" / "include", ignore=_NO_SOURCE)
    shutil.copytree(_ROOT / "trainers", folder / "dags" / "trainers", ignore=_NO_SOURCE)
    shutil.copytree(_ROOT / "plugins", folder / "plugins", ignore=_NO_SOURCE)
    return folder


@pytest.fixture(scope="module")
def seen(bucket: Path) -> dict[str, Any]:
    """What Airflow finds there, started in another folder."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(bucket),
        "AIRFLOW__CORE__DAGS_FOLDER": str(bucket / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(bucket / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Before the package that the tests' environment has installed.
        "PYTHONPATH": str(bucket / "plugins"),
    }
    result = subprocess.run(
        [sys.executable, "-c", _LOOK], env=environment, cwd="/", capture_output=True, text=True, check=True
    )
    return dict(json.loads(result.stdout.strip().splitlines()[-1]))


def test_every_dag_is_found_without_an_error(seen: dict[str, Any]) -> None:
    assert seen["errors"] == {}
    assert seen["dags"] == sorted(path.stem for path in (_ROOT / "dags").glob("*.py"))


def test_the_package_and_its_folders_are_those_of_the_bucket(seen: dict[str, Any], bucket: Path) -> None:
    assert Path(seen["package"]).is_relative_to(bucket / "plugins")
    assert Path(seen["include"]) == bucket / "dags" / "include"
    assert Path(seen["trainers"]) == bucket / "dags" / "trainers"
