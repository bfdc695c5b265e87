"""Scoring a challenger and a champion: `python -m trainer.evaluate`."""

import json
from pathlib import Path
from typing import Any

import pytest
import sklearn.base
from trainer import evaluate, task
from trainer.bundle import load_model, to_joblib
from trainer_common.failures import UserError
from trainer_common.testing.task_process import read_metrics

SPLITS = {"training": "train", "validation": "validation", "test": "test"}


@pytest.fixture(scope="module")
def models(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train `challenger` and `champion`; `damaged` and `other_version` are champions that cannot be scored."""
    folder = tmp_path_factory.mktemp("models")
    splits = [f"--{name}_dataset_path={export}/{split}" for name, split in SPLITS.items()]
    for name, alpha in {"challenger": "0.001", "champion": "1"}.items():
        task.main([*splits, f"--alpha={alpha}", "--max_iter=200", f"--job_dir={folder}/{name}"])
    champion = load_model(f"{folder}/champion/model").pipeline
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sklearn.base, "__version__", "1.6.1")
        other_version = to_joblib(champion)
    for name, content in {"damaged": b"{", "other_version": other_version}.items():
        (folder / name / "model").mkdir(parents=True)
        (folder / name / "model" / "model.joblib").write_bytes(content)
    return folder


def score(models: Path, export: Path, out: Path, champion: str | None = None) -> dict[str, Any]:
    flags = [] if champion is None else [f"--champion={models}/{champion}/model"]
    challenger = f"--challenger={models}/challenger/model"
    evaluate.main([challenger, *flags, f"--test={export}/csv/test", f"--scores={out}/s.json"])
    document: dict[str, Any] = json.loads((out / "s.json").read_text())
    return document


def test_both_are_scored_on_the_same_rows_as_when_they_were_trained(models: Path, export: Path, tmp_path: Path) -> None:
    assert score(models, export, tmp_path, "champion") == {
        "split": "test",
        "rows": 400,
        **{
            name: {"uri": f"{models}/{name}/model", "metrics": read_metrics(models / name / "model", "test")}
            for name in ("challenger", "champion")
        },
    }
    assert read_metrics(models / "champion" / "model", "test") != read_metrics(models / "challenger" / "model", "test")


def test_without_a_champion_the_challenger_stands_alone(models: Path, export: Path, tmp_path: Path) -> None:
    document = score(models, export, tmp_path)
    assert document["champion"] is None
    assert document["challenger"]["metrics"]["accuracy"] > 0.5


@pytest.mark.parametrize(
    ("champion", "error"),
    [("missing", "no file at"), ("damaged", "is incomplete"), ("other_version", "fitted by scikit-learn 1.6.1")],
)
def test_a_champion_that_cannot_be_scored_is_part_of_the_result(
    models: Path, export: Path, tmp_path: Path, champion: str, error: str
) -> None:
    document = score(models, export, tmp_path, champion)
    assert document["challenger"]["metrics"] == read_metrics(models / "challenger" / "model", "test")
    assert set(document["champion"]) == {"uri", "error"}
    assert error in document["champion"]["error"]


def test_a_challenger_that_cannot_be_scored_fails_and_leaves_no_document(
    models: Path, export: Path, tmp_path: Path
) -> None:
    flags = [f"--champion={models}/champion/model", f"--test={export}/test", f"--scores={tmp_path}/s.json"]
    with pytest.raises(UserError, match="is incomplete"):
        evaluate.main([f"--challenger={models}/damaged/model", *flags])
    assert not (tmp_path / "s.json").exists()
