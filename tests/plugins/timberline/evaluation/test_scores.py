"""The scores of challenger and champion, as the scoring job writes them."""

from typing import Any

import pytest

from timberline.evaluation.gate import ScoredVersion
from timberline.evaluation.scores import Scores
from timberline.run.errors import DataError
from timberline.spec.metric import Metric, MetricGoal

_RMSE = Metric(name="rmse", goal=MetricGoal.MINIMIZE)
_DOCUMENT: dict[str, Any] = {
    "split": "test",
    "rows": 58,
    "challenger": {"uri": "gs://b/new", "metrics": {"rmse": 3.5, "f1-score": None}},
    "champion": {"uri": "gs://b/old", "error": "gs://b/old/model.json does not exist"},
}
_SCORES = Scores(_DOCUMENT, "gs://b/scores.json")


def test_each_side_has_its_value_or_the_reason_why_not() -> None:
    assert _SCORES.of("challenger", "2", _RMSE) == ScoredVersion(version="2", value=3.5)
    reason = "gs://b/old/model.json does not exist"
    assert _SCORES.of("champion", "1", _RMSE) == ScoredVersion(version="1", value=None, error=reason)


def test_a_metric_that_the_trainer_does_not_report_is_refused_with_those_that_it_reports() -> None:
    mae = Metric(name="mae", goal=MetricGoal.MINIMIZE)
    message = r"the gate compares mae, but the trainer reports of the challenger: rmse, f1-score; set gate.metric"
    with pytest.raises(DataError, match=message):
        _SCORES.of("challenger", "2", mae)


def test_a_side_that_was_not_scored_is_named() -> None:
    with pytest.raises(DataError, match=r"scores.json: expected the scores of the champion, found None; clear"):
        Scores({**_DOCUMENT, "champion": None}, "gs://b/scores.json").of("champion", "1", _RMSE)


def test_all_metrics_of_a_side_have_the_keys_of_the_report() -> None:
    assert _SCORES.metrics("challenger") == {"rmse": 3.5, "f1": None, "rows": 58}
    assert _SCORES.metrics("champion") == {"rows": 58}
