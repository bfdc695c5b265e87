"""Files are found in the repository's layout and in Composer's."""

from pathlib import Path

import pytest

from timberline.run.errors import InputError, JobFileError, SettingsError
from timberline.spec.include import include_dir, read_document, read_include, read_job_file, read_prices, trainers_dir

_ROOT = Path(__file__).parents[4]


def test_include_and_trainers_are_found_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMBERLINE_INCLUDE_DIR", raising=False)
    assert include_dir() == _ROOT / "include"
    assert trainers_dir() == _ROOT / "trainers"


def test_include_is_found_below_dags_in_a_composer_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Composer has /home/airflow/gcs/{dags,plugins}, and include/ was uploaded below dags/."""
    folder = tmp_path / "dags" / "include"
    (folder / "sql").mkdir(parents=True)
    (tmp_path / "dags" / "trainers").mkdir()
    module = tmp_path / "plugins" / "timberline" / "spec" / "include.py"
    monkeypatch.setattr("timberline.spec.include.__file__", str(module))
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


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder include/ with a job file that takes its jobs from a config file of v1."""
    folder = tmp_path / "include"
    for name in ("sql", "jobs", "instances"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(folder))
    return folder


def test_a_config_file_of_v1_is_read_as_it_is(include: Path) -> None:
    (include / "jobs" / "config.yaml").write_text("trainingInput: {scaleTier: BASIC}\n")
    assert read_document("config.yaml") == {"trainingInput": {"scaleTier": "BASIC"}}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("config1.yaml", "", "no job file 'config1.yaml' .*did you mean 'config.yaml'"),
        ("../secret", "", "no job file"),
        ("config.yaml", "labels: {}\nlabels: {}\n", "config.yaml: line 1: the key 'labels' occurs twice"),
        ("config.yaml", "trainingInput: [", "config.yaml: not valid YAML"),
    ],
)
def test_a_config_file_of_v1_that_cannot_be_read_is_named(name: str, text: str, words: str, include: Path) -> None:
    (include / "jobs" / "config.yaml").write_text(text)
    with pytest.raises(JobFileError, match=words):
        read_document(name)


def test_a_job_file_names_the_config_file_of_its_jobs() -> None:
    assert read_job_file("covertype_sgd_release.yaml").tuning.study_spec.metrics[0].metric_id == "accuracy"


def test_a_config_file_that_a_job_file_names_has_to_be_there(include: Path) -> None:
    (include / "jobs" / "release.yaml").write_text("v1Config: none.yaml\n")
    with pytest.raises(JobFileError, match=r"no job file 'none\.yaml'"):
        read_job_file("release.yaml")


def test_a_file_of_include_is_read_as_text(include: Path) -> None:
    (include / "instances" / "rows.json").write_text('["ä"]\n', encoding="utf-8")
    assert read_include("instances/rows.json") == '["ä"]\n'


@pytest.mark.parametrize("name", ["instances/none.json", "instances", "", "../secret", "{folder}/../secret"])
def test_a_file_that_is_not_in_include_is_named(name: str, include: Path) -> None:
    with pytest.raises(InputError, match=r"no file .* in .*include; upload it with the DAGs, or correct its name"):
        read_include(name.format(folder=include))


def test_a_file_that_is_no_text_is_named(include: Path) -> None:
    (include / "instances" / "rows.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"instances/rows\.json: expected text in UTF-8"):
        read_include("instances/rows.json")
