"""The convex stopping rule on curves made by hand."""

from typing import Any

import pytest

from localgcp.services.vertex.tuning.convex_stopping import ConvexRule
from localgcp.services.vertex.tuning.early_stopping import EarlyStopping
from localgcp.services.vertex.tuning.metric_file import Measurement

Curve = list[tuple[float, float]]


def flattening(top: float, steps: int = 20, until: int = 20) -> Curve:
    return [(step, top * (1 - 0.7**step)) for step in range(1, steps + 1) if step <= until]


FINISHED = [flattening(top) for top in (0.7, 0.8, 0.85, 0.9, 0.6, 0.5)]

CASES: list[tuple[dict[str, Any], Curve, int, bool]] = [
    ({}, flattening(0.5, until=10), 6, True),
    ({}, flattening(0.5, until=4), 6, False),  # fewer measurements than five
    ({}, flattening(0.5, until=10), 5, False),  # one trial too few has ended
    ({}, flattening(0.95, until=10), 6, False),
    ({}, [(step, 0.05 * step) for step in range(1, 11)], 6, False),  # low, but rising on
    ({}, [(step, 0.01 * step) for step in range(1, 11)], 6, True),
    ({"minStepCount": "10"}, flattening(0.5, until=10), 6, False),
    ({"maxStepCount": "10"}, flattening(0.5, until=10), 6, False),  # it is done anyway
    ({"minMeasurementCount": "3"}, flattening(0.2, until=4), 4, True),
]


@pytest.mark.parametrize(("spec", "running", "count", "is_hopeless"), CASES)
def test_convex_rule_stops_by_the_predicted_final_value(
    spec: dict[str, Any], running: Curve, count: int, is_hopeless: bool
) -> None:
    assert ConvexRule(spec).is_hopeless(running, FINISHED[:count]) == is_hopeless


@pytest.mark.parametrize(("maximizes", "sign"), [(True, 1.0), (False, -1.0)])
def test_convex_rule_follows_the_goal_of_the_study(maximizes: bool, sign: float) -> None:
    def curve(points: Curve) -> list[Measurement]:
        return [Measurement(int(step), sign * value, step) for step, value in points]

    rule = EarlyStopping({"convexAutomatedStoppingSpec": {"useElapsedDuration": True}}, maximizes=maximizes)
    finished = [curve(points) for points in FINISHED]
    assert rule.is_hopeless(curve(flattening(0.5, until=10)), finished)
    assert not rule.is_hopeless(curve(flattening(0.95, until=10)), finished)
