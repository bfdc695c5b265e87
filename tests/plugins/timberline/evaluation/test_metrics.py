"""The trainer's metrics, under the keys of the report."""

import pytest

from timberline.evaluation.metrics import metric_key, read_metrics
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


@pytest.mark.parametrize(
    ("name", "key"), [("f1-score", "f1"), ("roc-auc", "roc_auc"), ("rmse", "rmse"), ("score", "score")]
)
def test_a_metric_has_one_key_everywhere(name: str, key: str) -> None:
    assert metric_key(name) == key
