"""The order in which the artefacts of a run are saved."""

from pathlib import Path

import pytest
from trainer_common.artifacts import folder as folder_module
from trainer_common.artifacts import saving
from trainer_common.artifacts.folder import ArtifactFolder
from trainer_common.artifacts.saving import Artifacts, save_artifacts
from trainer_common.failures import StorageError
from trainer_common.report.document import MetricReport

REPORT = MetricReport(metrics=[], timings={}, parameters={}, train_rows=1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def artifacts(folder: Path) -> Artifacts:
    files = {f"{folder}/model.bin": b"a", f"{folder}/model.pkl": b"b"}
    return Artifacts(report=REPORT, model_files=files, predictions={"instances": []})


def test_a_run_leaves_model_predictions_and_metrics(tmp_path: Path) -> None:
    save_artifacts(ArtifactFolder(str(tmp_path)), artifacts(tmp_path))
    assert names(tmp_path) == ["metrics.json", "model.bin", "model.pkl", "predictions.json"]


def test_a_trial_leaves_its_metrics_only(tmp_path: Path) -> None:
    save_artifacts(ArtifactFolder(str(tmp_path)), Artifacts(report=REPORT))
    assert names(tmp_path) == ["metrics.json"]


@pytest.mark.parametrize("fails_at", range(4))
def test_a_failure_leaves_the_files_before_it_and_never_the_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    order = ["model.bin", "model.pkl", "predictions.json", "metrics.json"]

    def write(uri: str, content: bytes) -> None:
        if uri.endswith(order[fails_at]):
            raise StorageError("no space left")
        Path(uri).write_bytes(content)

    monkeypatch.setattr(saving, "write_bytes", write)
    monkeypatch.setattr(folder_module, "write_bytes", write)
    with pytest.raises(StorageError):
        save_artifacts(ArtifactFolder(str(tmp_path)), artifacts(tmp_path))
    assert names(tmp_path) == sorted(order[:fails_at])
