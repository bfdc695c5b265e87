"""Rules of the document that puts a champion beside a challenger."""

import json
from pathlib import Path

import pytest
from trainer_common.comparison import Score, compare, compare_main
from trainer_common.failures import StorageError, UserError

NEW = Score(uri="new", metrics={"accuracy": 0.75, "roc-auc": None})


@pytest.mark.parametrize("error", [UserError("it is broken"), StorageError("it is broken")])
def test_a_champion_that_cannot_be_scored_is_part_of_the_document(error: Exception) -> None:
    def fail(uri: str) -> Score:
        raise error

    assert compare(8, NEW, "old", fail)["champion"] == {"uri": "old", "error": "it is broken"}


def test_a_defect_is_none_of_the_champion() -> None:
    def fail(uri: str) -> Score:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        compare(8, NEW, "old", fail)


def test_the_document_is_written_and_shown_with_a_dash_for_null(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def run(*arguments: object) -> dict[str, object]:
        asked.append(arguments)
        return compare(1234, NEW, "old", lambda uri: Score(uri=uri, error="it is broken"))

    flags = ["--challenger=new", "--champion=old", "--test=a,b", f"--scores={tmp_path}/scores.json"]
    compare_main(flags, "model.bin", run)
    assert asked == [("new", "old", ("a", "b"))]
    assert json.loads((tmp_path / "scores.json").read_text()) == {
        "split": "test",
        "rows": 1234,
        "challenger": {"uri": "new", "metrics": {"accuracy": 0.75, "roc-auc": None}},
        "champion": {"uri": "old", "error": "it is broken"},
    }
    assert capsys.readouterr().out.splitlines() == [
        "1,234 rows",
        "challenger  accuracy 0.7500  roc-auc -",
        "champion    it is broken",
    ]
