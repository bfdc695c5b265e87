"""The layers of docs/architecture.md."""

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


@pytest.mark.parametrize("dag_file", _DAGS, ids=lambda path: path.stem)
def test_parsing_a_dag_loads_no_heavy_module(dag_file: Path) -> None:
    """What airflow.sdk loads by itself is not the DAG's doing."""
    code = (
        "import sys, runpy\n"
        "import airflow.sdk\n"
        "before = set(sys.modules)\n"
        f"runpy.run_path({str(dag_file)!r})\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    output = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True)
    loaded = output.stdout.split()
    assert [name for name in loaded if name.startswith(_HEAVY)] == []


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
