"""The layers of docs/architecture.md."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_DAGS = sorted((_ROOT / "dags").glob("*.py"))
_HEAVY = ("google.cloud", "googleapiclient", "pandas", "numpy", "pyarrow", "sklearn", "xgboost", "optuna", "duckdb")


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


_LOADED = """
import json, os, runpy, sys
import airflow.sdk
before = set(sys.modules)
for path in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        runpy.run_path(path)
        print(json.dumps([path, sorted(set(sys.modules) - before)]), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, path
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """By DAG file, what it loads, each in a process that has loaded airflow.sdk alone."""
    command = [sys.executable, "-c", _LOADED, *map(str, _DAGS)]
    output = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(line) for line in output.stdout.splitlines())


@pytest.mark.parametrize("dag_file", _DAGS, ids=lambda path: path.stem)
def test_parsing_a_dag_loads_no_heavy_module(dag_file: Path, loaded: dict[str, list[str]]) -> None:
    """What airflow.sdk loads by itself is not the DAG's doing."""
    assert [name for name in loaded[str(dag_file)] if name.startswith(_HEAVY)] == []


@pytest.mark.parametrize("folder", ["dags", "plugins", "trainers"])
def test_the_product_does_not_know_the_local_cloud(folder: str) -> None:
    """Endpoints come from outside; only `endpoints` may name the variables, and nothing may branch on being local."""
    pattern = re.compile(r"import localgcp|from localgcp|127\.0\.0\.1|is_local|if local")
    offenders = [
        f"{path.relative_to(_ROOT)}:{number}"
        for path in (_ROOT / folder).rglob("*.py")
        if "tests" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert offenders == []


@pytest.mark.parametrize("folder", ["dags", "plugins", "localgcp"])
def test_trainers_are_imported_by_nobody_else(folder: str) -> None:
    pattern = re.compile(r"^\s*(from|import) (trainer|trainer_common)\b", re.MULTILINE)
    assert [path for path in (_ROOT / folder).rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_trainers_import_neither_airflow_nor_the_product() -> None:
    pattern = re.compile(r"^\s*(from|import) (airflow|timberline|localgcp)\b", re.MULTILINE)
    assert [p for p in (_ROOT / "trainers").rglob("*.py") if pattern.search(p.read_text(encoding="utf-8"))] == []


def test_no_path_of_one_machine_and_no_lock_file_with_hosts() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=_ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "uv.lock" not in tracked
    text = (_ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:", text)
