"""The command line of `python -m trainer.evaluate`."""

import json
from pathlib import Path

import pytest
from trainer_common.evaluation.command import evaluate_models
from trainer_common.evaluation.regression import regression_metrics
from trainer_common.failures import UserError
from trainer_common.reading.labels import read_targets
from trainer_common.reading.splits import Split, SplitReader
from trainer_common.report.metric import Metric


class Constant:
    """A regression model that predicts one value; its URI ends with the value."""

    question = "fare"

    def __init__(self, value: float) -> None:
        self.value = value

    def read_split(self, name: str, locations: object) -> Split:  # type: ignore[type-arg]
        reader = SplitReader(columns=["fare"], to_rows=len, to_labels=lambda table: read_targets(table, "fare"))
        return reader.read(name, locations)  # type: ignore[arg-type]

    def evaluate(self, split: Split) -> list[Metric]:  # type: ignore[type-arg]
        return regression_metrics(split.name, split.labels, split.labels * 0 + self.value)


def load(uri: str) -> Constant:
    if not uri[-1].isdigit():
        raise UserError(f"no file at {uri!r}")
    return Constant(float(uri[-1]))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    for name, fares in {"a": (1, 3), "b": (5, 7)}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["fare", *map(str, fares)]) + "\n")
    return tmp_path


def test_the_scores_of_both_are_printed_and_written(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = f"--test={rows}/a.csv,{rows}/b.csv"
    evaluate_models(["--challenger=m4", "--champion=m3", test, f"--scores={rows}/out/s.json"], load)
    assert json.loads((rows / "out/s.json").read_text()) == {
        "split": "test",
        "rows": 4,
        "challenger": {"uri": "m4", "metrics": {"rmse": pytest.approx(5**0.5), "mae": 2.0, "r2": 0.0}},
        "champion": {
            "uri": "m3",
            "metrics": {"rmse": pytest.approx(6**0.5), "mae": 2.0, "r2": pytest.approx(-0.2)},
        },
    }
    assert capsys.readouterr().out.splitlines() == [
        "4 rows",
        "challenger  rmse 2.2361  mae 2.0000  r2 0.0000",
        "champion    rmse 2.4495  mae 2.0000  r2 -0.2000",
    ]


def test_a_challenger_that_cannot_be_loaded_leaves_no_document(rows: Path) -> None:
    with pytest.raises(UserError, match="no file at"):
        evaluate_models(["--challenger=x", f"--test={rows}", f"--scores={rows}/s.json"], load)
    assert not (rows / "s.json").exists()


@pytest.mark.parametrize("missing", ["--challenger", "--test", "--scores"])
def test_the_champion_is_the_only_optional_flag(missing: str) -> None:
    flags = [flag for flag in ("--challenger=m1", "--test=a", "--scores=s") if not flag.startswith(missing)]
    with pytest.raises(UserError, match=f"required: {missing}"):
        evaluate_models(flags, load)
