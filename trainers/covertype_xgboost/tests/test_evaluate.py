"""Scoring a challenger and a champion: `python -m trainer.evaluate`."""

import json
from pathlib import Path

import pytest
from trainer import evaluate, task
from trainer.bundle import load_model
from trainer_common.evaluation.binary import binary_metrics
from trainer_common.failures import UserError
from trainer_common.testing.task_process import read_metrics

TRAIN = ["--target=Cover_Type", "--n_estimators=4", "--learning_rate=0.5"]


@pytest.fixture(scope="module")
def models(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train `challenger`, `champion` (another threshold and shape) and `other_class`."""
    folder = tmp_path_factory.mktemp("models")
    for name, flags in {
        "challenger": ["--positive_class=3"],
        "champion": ["--positive_class=3", "--threshold=0.97", "--max_leaves=3"],
        "other_class": ["--positive_class=2"],
    }.items():
        splits = [f"--train={export}/train", f"--test={export}/test"]
        task.main([*splits, *TRAIN, *flags, f"--job-dir={folder}/{name}"])
    return folder


def score(models: Path, export: Path, out: Path, champion: str | None = None) -> dict[str, dict[str, object]]:
    flags = [] if champion is None else [f"--champion={models}/{champion}"]
    evaluate.main([f"--challenger={models}/challenger", *flags, f"--test={export}/test", f"--scores={out}/s.json"])
    document: dict[str, dict[str, object]] = json.loads((out / "s.json").read_text())
    return document


def test_both_are_scored_as_when_they_were_trained_each_with_its_own_threshold(
    models: Path, export: Path, tmp_path: Path
) -> None:
    assert score(models, export, tmp_path, "champion") == {
        "split": "test",
        "rows": 400,
        "challenger": {"uri": f"{models}/challenger", "metrics": read_metrics(models / "challenger", "test")},
        "champion": {"uri": f"{models}/champion", "metrics": read_metrics(models / "champion", "test")},
    }
    champion = load_model(f"{models}/champion")
    split = champion.read_split("test", [f"{export}/test"])
    assert champion.threshold == 0.97
    at_half = {m.name: m.value for m in binary_metrics("test", split.labels, champion.predict_proba(split.rows), 0.5)}
    assert at_half["f1-score"] != read_metrics(models / "champion", "test")["f1-score"]


def test_without_a_champion_the_challenger_stands_alone(models: Path, export: Path, tmp_path: Path) -> None:
    document = score(models, export, tmp_path)
    assert document["champion"] is None
    assert document["challenger"]["metrics"] == read_metrics(models / "challenger", "test")


@pytest.mark.parametrize(
    ("champion", "error"),
    [
        ("missing", "no file at"),
        ("damaged", "is incomplete"),
        ("other_class", "it predicts Cover_Type = 2, the challenger Cover_Type = 3"),
    ],
)
def test_a_champion_that_cannot_be_scored_is_part_of_the_result(
    models: Path, export: Path, tmp_path: Path, champion: str, error: str
) -> None:
    (models / "damaged").mkdir(exist_ok=True)
    (models / "damaged" / "model.ubj").write_bytes(b"{")
    document = score(models, export, tmp_path, champion)
    assert document["challenger"]["metrics"] == read_metrics(models / "challenger", "test")
    assert set(document["champion"]) == {"uri", "error"}
    assert error in str(document["champion"]["error"])


def test_a_challenger_that_cannot_be_scored_fails_and_leaves_no_document(
    models: Path, export: Path, tmp_path: Path
) -> None:
    flags = [f"--champion={models}/champion", f"--test={export}/test", f"--scores={tmp_path}/s.json"]
    with pytest.raises(UserError, match="no file at"):
        evaluate.main([f"--challenger={models}/missing", *flags])
    assert not (tmp_path / "s.json").exists()
