"""Whether a challenger may replace the version in service."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.evaluation.gate import Action, Decision, ScoredVersion, decide
from timberline.spec.metric import Metric, MetricGoal
from timberline.spec.releasespec import Thresholds

_METRICS = st.floats(0.0, 1.0)
_F1 = Metric(name="f1-score", goal=MetricGoal.MAXIMIZE)
_RMSE = Metric(name="rmse", goal=MetricGoal.MINIMIZE)
_THRESHOLDS = Thresholds(floor=0.5)


def _decide(
    value: float | None, champion: float | None = None, thresholds: Thresholds = _THRESHOLDS, metric: Metric = _F1
) -> Decision:
    old = None if champion is None else ScoredVersion(version="1", value=champion)
    return decide("3", metric, ScoredVersion(version="2", value=value), old, thresholds)


def test_the_first_version_has_to_reach_the_floor_alone() -> None:
    assert _decide(0.5).passed
    assert "no version is in service" in _decide(0.5).reason


def test_below_the_floor_nothing_passes_whatever_is_in_service() -> None:
    decision = _decide(0.4, champion=0.1)
    assert decision.action is Action.REJECTED
    assert decision.reason == "f1-score 0.4000 does not reach the floor 0.5000"


def test_a_worse_challenger_is_rejected_with_both_figures() -> None:
    decision = _decide(0.8, champion=0.9)
    assert decision.action is Action.REJECTED
    assert decision.reason == ("f1-score 0.8000 against 0.9000 of version 1: a gain of -0.1000, expected +0.0000")


def test_an_equal_challenger_passes_where_no_gain_is_asked_for() -> None:
    assert _decide(0.9, champion=0.9).passed


def test_the_gain_is_reached_in_decimal_figures_although_their_binary_difference_is_smaller() -> None:
    assert 0.9 - 0.8 < 0.1
    assert _decide(0.9, 0.8, Thresholds(min_gain=0.1)).passed


@pytest.mark.parametrize(("value", "passes"), [(0.83, False), (0.84, True)])
def test_a_relative_gain_counts_from_the_champion(value: float, passes: bool) -> None:
    thresholds = Thresholds(min_gain=0.01, min_relative_gain=0.05)
    assert _decide(value, 0.8, thresholds).passed is passes


def test_less_is_better_where_the_metric_is_minimised() -> None:
    thresholds = Thresholds(floor=1.0)
    assert _decide(0.2, 0.3, thresholds, _RMSE).passed
    assert not _decide(0.4, 0.3, thresholds, _RMSE).passed
    assert not _decide(1.1, None, thresholds, _RMSE).passed


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_challenger_without_a_figure_is_rejected(value: float | None) -> None:
    assert not _decide(value).passed


def test_a_champion_that_cannot_be_scored_is_not_replaced_blindly() -> None:
    champion = ScoredVersion(version="1", value=None, error="gs://b/model.ubj does not exist")
    decision = decide("3", _F1, ScoredVersion(version="2", value=0.9), champion, _THRESHOLDS)
    assert not decision.passed
    assert "version 1 in service cannot be scored: gs://b/model.ubj does not exist" in decision.reason


@given(_METRICS, _METRICS, st.floats(-0.5, 0.5))
def test_what_passes_is_at_least_as_much_better_as_was_asked_for(value: float, old: float, gain: float) -> None:
    decision = _decide(value, old, Thresholds(min_gain=gain))
    assert decision.passed is (value - old >= gain or math.isclose(value - old, gain, abs_tol=1e-12))


@given(_METRICS, st.none() | _METRICS)
def test_a_decision_survives_the_way_through_xcom(value: float, old: float | None) -> None:
    decision = _decide(value, old)
    assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision
