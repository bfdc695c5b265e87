"""Settings come from the environment, when they are asked for."""

from pathlib import Path

import pytest

from timberline.errors import SettingsError
from timberline.settings import include_dir, read_settings, trainers_dir

_ROOT = Path(__file__).parents[3]


def test_defaults_follow_from_the_project() -> None:
    settings = read_settings({"GOOGLE_CLOUD_PROJECT": "my-project"})
    assert (settings.region, settings.bucket) == ("europe-west1", "my-project-timberline")
    assert settings.image_repository == "europe-west1-docker.pkg.dev/my-project/timberline"
    assert settings.data_dir is None


def test_a_variable_of_our_own_wins() -> None:
    settings = read_settings(
        {"GOOGLE_CLOUD_PROJECT": "a", "TIMBERLINE_PROJECT": "b", "TIMBERLINE_BUCKET": "c", "TIMBERLINE_DATA_DIR": "/d"}
    )
    assert (settings.project, settings.bucket, settings.data_dir) == ("b", "c", Path("/d"))


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"GOOGLE_CLOUD_PROJECT": "a", "TIMBERLINE_REGION": ""}).region == "europe-west1"


def test_no_project_is_one_clear_message() -> None:
    with pytest.raises(SettingsError, match="TIMBERLINE_PROJECT or GOOGLE_CLOUD_PROJECT"):
        read_settings({})


def test_include_and_trainers_are_found_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMBERLINE_INCLUDE_DIR", raising=False)
    assert include_dir() == _ROOT / "include"
    assert trainers_dir() == _ROOT / "trainers"


def test_include_is_found_below_dags_in_a_composer_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Composer has /home/airflow/gcs/{dags,plugins}, and include/ was uploaded below dags/."""
    folder = tmp_path / "dags" / "include"
    (folder / "sql").mkdir(parents=True)
    (tmp_path / "dags" / "trainers").mkdir()
    module = tmp_path / "plugins" / "timberline" / "settings.py"
    monkeypatch.setattr("timberline.settings.__file__", str(module))
    assert include_dir() == folder
    assert trainers_dir() == tmp_path / "dags" / "trainers"


def test_a_missing_include_names_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="nowhere; upload it below dags/"):
        include_dir()
