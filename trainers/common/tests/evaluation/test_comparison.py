"""Scoring a challenger and a champion on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from trainer_common.evaluation.comparison import compare_models, to_text
from trainer_common.failures import StorageError, UserError
from trainer_common.reading.splits import Split
from trainer_common.report.metric import Goal, Metric


@dataclass
class FixedModel:
    """A model with a fixed accuracy, and an area that its rows do not define."""

    accuracy: float
    question: str = "y = 1"

    def read_split(self, name: str, locations: Sequence[str]) -> Split:  # type: ignore[type-arg]
        return Split(name, list(locations), np.arange(1234))

    def evaluate(self, split: Split) -> list[Metric]:  # type: ignore[type-arg]
        return [
            Metric(name="accuracy", value=self.accuracy, goal=Goal.MAXIMIZE, split=split.name, rows=split.size),
            Metric(name="roc-auc", value=None, goal=Goal.MAXIMIZE, split=split.name, rows=split.size, reason="why"),
        ]


MODELS = {"new": FixedModel(0.75), "old": FixedModel(0.5), "other": FixedModel(0.5, "y = 2")}


def test_both_are_scored_on_the_rows_of_the_test_split() -> None:
    assert compare_models("new", "old", ["a"], MODELS.__getitem__) == {
        "split": "test",
        "rows": 1234,
        "challenger": {"uri": "new", "metrics": {"accuracy": 0.75, "roc-auc": None}},
        "champion": {"uri": "old", "metrics": {"accuracy": 0.5, "roc-auc": None}},
    }


def test_without_a_champion_its_score_is_null() -> None:
    assert compare_models("new", None, ["a"], MODELS.__getitem__)["champion"] is None


@pytest.mark.parametrize("error", [UserError("it is broken"), StorageError("it is broken")])
def test_a_champion_that_cannot_be_scored_is_part_of_the_document(error: Exception) -> None:
    def load(uri: str) -> FixedModel:
        if uri == "old":
            raise error
        return MODELS[uri]

    assert compare_models("new", "old", ["a"], load)["champion"] == {"uri": "old", "error": "it is broken"}


def test_a_champion_of_another_question_is_not_scored() -> None:
    champion = compare_models("new", "other", ["a"], MODELS.__getitem__)["champion"]
    assert str(champion["error"]).startswith("it predicts y = 2, the challenger y = 1: expected the same")  # type: ignore[index]


def test_a_defect_in_the_champions_code_fails_the_comparison() -> None:
    with pytest.raises(KeyError):
        compare_models("new", "missing", ["a"], MODELS.__getitem__)


def test_the_text_has_a_line_per_model_and_a_dash_for_null() -> None:
    document = compare_models("new", "other", ["a"], MODELS.__getitem__)
    document["champion"] = {"uri": "old", "error": "it is broken"}
    assert to_text(document).splitlines() == [
        "1,234 rows",
        "challenger  accuracy 0.7500  roc-auc -",
        "champion    it is broken",
    ]
