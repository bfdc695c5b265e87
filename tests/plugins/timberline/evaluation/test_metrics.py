"""The trainer's metrics, under the keys of the report."""

import pytest

from timberline.evaluation.metrics import read_metrics
from timberline.run.errors import DataError


def _entry(name: str, value: float | None, split: str = "test") -> dict[str, object]:
    return {"name": name, "value": value, "goal": "MAXIMIZE", "split": split, "rows": 40}


def test_the_split_asked_for_is_taken() -> None:
    document = {"metrics": [_entry("f1-score", 0.5, "train"), _entry("f1-score", 0.75), _entry("pr-auc", None)]}
    assert read_metrics(document, "test", "uri") == {"f1": 0.75, "pr_auc": None, "rows": 40}


def test_a_missing_split_is_named() -> None:
    with pytest.raises(DataError, match="uri has no metric of the split test"):
        read_metrics({"metrics": [_entry("f1-score", 0.5, "train")]}, "test", "uri")


@pytest.mark.parametrize("document", [{}, {"metrics": None}, {"metrics": [{"name": "f1-score"}]}])
def test_another_document_is_one_clear_message(document: dict[str, object]) -> None:
    with pytest.raises(DataError, match="uri: expected a list `metrics`"):
        read_metrics(document, "test", "uri")
