"""Parameters are checked before anything is paid for."""

from typing import Any

import pytest
from airflow.exceptions import AirflowFailException

from tests.plugins.timberline.contexts import context_of
from timberline.datasets.covertype import COVERTYPE
from timberline.identity import RunIdentity
from timberline.operators.plan_segments import PlanSegmentsOperator


def _plan(run: RunIdentity, **changes: Any) -> list[str]:
    arguments: dict[str, Any] = {
        "segments": [1, 2],
        "scheme": "lecture",
        "job_file": "covertype_xgboost.yaml",
        **changes,
    }
    segments: list[str] = PlanSegmentsOperator(task_id="plan", data_set=COVERTYPE, **arguments).execute(context_of(run))
    return segments


def test_segments_come_in_order(run: RunIdentity) -> None:
    assert _plan(run, segments=[7, 3]) == ["3", "7"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segments": [3, 8]}, "cover type 8: expected numbers from 1 to 7"),
        ({"segments": ["3"]}, "cover type 3: expected numbers"),
        ({"segments": [True]}, "cover type True: expected numbers"),
        ({"segments": []}, "expected at least one of 1 to 7"),
        ({"segments": [3, 3]}, r"each once, found \[3, 3\]"),
        ({"scheme": "lectur"}, "did you mean 'lecture'"),
        ({"preset": "quik"}, "did you mean 'quick'"),
        ({"job_file": "covertype_xgbost.yaml"}, "did you mean 'covertype_xgboost.yaml'"),
        ({"job_file": "../jobs/covertype_xgboost.yaml"}, "no job file"),
        ({"preset": "quick", "parallel_trials": 9}, "parallelTrialCount 9 is above maxTrialCount"),
        ({"trials": 0}, "maxTrialCount >= 1"),
        ({"min_success": 3}, "min_success: expected 1 to 2, found 3"),
        ({"min_success": 0}, "min_success: expected 1 to 2, found 0"),
    ],
)
def test_what_cannot_be_done_is_named(change: dict[str, Any], message: str, run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match=message):
        _plan(run, **change)
