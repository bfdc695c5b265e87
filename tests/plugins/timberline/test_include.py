"""Files are found in the repository's layout and in Composer's."""

from pathlib import Path

import pytest

from timberline.errors import JobFileError, SettingsError
from timberline.include import include_dir, read_job_file, read_prices, trainers_dir

_ROOT = Path(__file__).parents[3]


def test_include_and_trainers_are_found_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMBERLINE_INCLUDE_DIR", raising=False)
    assert include_dir() == _ROOT / "include"
    assert trainers_dir() == _ROOT / "trainers"


def test_include_is_found_below_dags_in_a_composer_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Composer has /home/airflow/gcs/{dags,plugins}, and include/ was uploaded below dags/."""
    folder = tmp_path / "dags" / "include"
    (folder / "sql").mkdir(parents=True)
    (tmp_path / "dags" / "trainers").mkdir()
    module = tmp_path / "plugins" / "timberline" / "include.py"
    monkeypatch.setattr("timberline.include.__file__", str(module))
    assert include_dir() == folder
    assert trainers_dir() == tmp_path / "dags" / "trainers"


def test_a_missing_include_names_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="nowhere; upload it below dags/"):
        include_dir()


@pytest.mark.parametrize("name", ["covertype_xgbost.yaml", "../jobs/covertype_xgboost.yaml", ""])
def test_a_job_file_that_is_not_there_gets_the_nearest_one(name: str) -> None:
    with pytest.raises(JobFileError, match="no job file"):
        read_job_file(name)


def test_prices_lie_beside_the_job_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_prices().machine_types["n1-standard-4"] > 0
    (tmp_path / "sql").mkdir()
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path))
    with pytest.raises(SettingsError, match=r"no file .*prices.yaml: .*upload it too"):
        read_prices()
