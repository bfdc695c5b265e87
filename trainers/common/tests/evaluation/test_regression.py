"""The metrics of a regression model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from trainer_common.evaluation.regression import regression_metrics

VALUES = st.floats(-1e6, 1e6)


def test_all_metrics_come_with_goal_split_and_rows() -> None:
    found = regression_metrics("test", np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0], np.float32))
    assert {m.name: m.value for m in found} == pytest.approx({"rmse": (5 / 3) ** 0.5, "mae": 1.0, "r2": 9 / 14})
    assert {m.name: m.goal.value for m in found} == {"rmse": "MINIMIZE", "mae": "MINIMIZE", "r2": "MAXIMIZE"}
    assert {(m.split, m.rows) for m in found} == {("test", 3)}


@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20))
def test_rmse_and_mae_are_those_of_scikit_learn(rows: list[tuple[float, float]]) -> None:
    targets, predicted = np.array(rows).T
    found = {metric.name: metric.value for metric in regression_metrics("test", targets, predicted)}
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(targets, predicted))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(targets, predicted))


def test_equal_targets_leave_r_squared_undefined_with_a_reason() -> None:
    *errors, r_squared = regression_metrics("test", np.array([2.0, 2.0]), np.array([2.0, 3.0]))
    assert r_squared.value is None
    assert "divides by their variance" in (r_squared.reason or "")
    assert [metric.reason for metric in errors] == [None, None]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_prediction_that_is_not_finite_leaves_all_undefined_with_a_reason(value: float) -> None:
    found = regression_metrics("test", np.array([1.0, 2.0]), np.array([1.0, value]))
    assert {(metric.value, metric.reason) for metric in found} == {(None, "1 of 2 predictions are not finite")}
