"""Parameters are checked before anything is paid for."""

from collections.abc import Callable
from typing import Any

import pytest

import timberline.ai_platform.operators  # noqa: F401  registers the reader of v1's config files
from tests.plugins.timberline.contexts import context_of
from timberline.data.datasets.covertype import COVERTYPE
from timberline.operators.plan_segments import COST_KEY, PlanSegmentsOperator
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity


def _operator(**changes: Any) -> PlanSegmentsOperator:
    arguments: dict[str, Any] = {
        "segments": [1, 2],
        "scheme": "lecture",
        "job_file": "covertype_xgboost.yaml",
        **changes,
    }
    return PlanSegmentsOperator(task_id="plan", data_set=COVERTYPE, **arguments)


def _plan(run: RunIdentity, **changes: Any) -> list[str]:
    segments: list[str] = _operator(**changes).execute(context_of(run))
    return segments


def test_segments_come_in_order(run: RunIdentity) -> None:
    assert _plan(run, segments=[7, 3]) == ["3", "7"]


def test_all_is_one_model_of_all_classes(run: RunIdentity) -> None:
    assert _plan(run, segments="all", job_file="covertype_sgd_release.yaml") == ["all"]


def test_a_search_in_v1s_words_has_a_bound_of_its_cost(run: RunIdentity, logged: Callable[[], str]) -> None:
    _plan(run, segments="all", job_file="covertype_sgd_release.yaml")
    assert "1 x (4 trials x 1 h + retraining 1 h + " in logged()
    with pytest.raises(AirflowFailException, match="max_cost_usd: expected at most"):
        _plan(run, segments="all", job_file="covertype_sgd_release.yaml", max_cost_usd=0.5)


def test_the_bound_of_the_cost_is_logged_and_pushed(run: RunIdentity, logged: Callable[[], str]) -> None:
    context = context_of(run)
    _operator(preset="quick").execute(context)
    bound = context["ti"].pushed[COST_KEY]
    assert f"at most {bound:.2f} USD of machine time: 2 x (2 trials x 1 h + retraining 1 h + " in logged()


def test_a_limit_above_the_bound_changes_nothing(run: RunIdentity) -> None:
    assert _plan(run, max_cost_usd=1000) == _plan(run, max_cost_usd="1000") == ["1", "2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segments": [3, 8]}, "cover type 8: expected one of 1 to 7"),
        ({"segments": [True]}, "cover type True: expected one of 1 to 7"),
        ({"segments": []}, "expected at least one of 1 to 7"),
        ({"segments": ["all"]}, "cover type 'all': expected one of 1 to 7"),
        ({"segments": [3, 3]}, r"each once, found \[3, 3\]"),
        ({"scheme": "lectur"}, "did you mean 'lecture'"),
        ({"preset": "quik"}, "did you mean 'quick'"),
        ({"job_file": "covertype_xgbost.yaml"}, "did you mean 'covertype_xgboost.yaml'"),
        ({"job_file": "../jobs/covertype_xgboost.yaml"}, "no job file"),
        ({"preset": "quick", "parallel_trials": 9}, "parallelTrialCount 9 is above maxTrialCount"),
        ({"trials": -1}, "maxTrialCount >= 1"),
        ({"min_success": 3}, "min_success: expected 1 to 2, found 3"),
        ({"min_success": 0}, "min_success: expected 1 to 2, found 0"),
        ({"max_cost_usd": 0.5}, "max_cost_usd: expected at most 0.50 USD .* raise max_cost_usd"),
        ({"max_cost_usd": 0}, "max_cost_usd: expected an amount above 0"),
        ({"max_cost_usd": "a lot"}, "max_cost_usd: expected an amount in USD, .* found 'a lot'"),
    ],
)
def test_what_cannot_be_done_is_named(change: dict[str, Any], message: str, run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match=message):
        _plan(run, **change)


def test_a_run_without_trials_is_not_tuned_and_costs_less(run: RunIdentity, logged: Callable[[], str]) -> None:
    assert _plan(run, trials=0) == ["1", "2"]
    assert "no tuning, trained with the job file's default parameters" in logged()
    assert "2 x (training 1 h + scoring 0.5 h) on " in logged()


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ({"covertypes": [3]}, "covertypes: the DAG has no such parameter; did you mean 'cover_types'"),
        ([3], r"configuration: expected an object such as .* found \[3\]"),
    ],
)
def test_a_configuration_that_the_dag_does_not_know_is_refused(conf: Any, message: str, run: RunIdentity) -> None:
    context = context_of(run, conf=conf, params=["cover_types", "preset"])
    with pytest.raises(AirflowFailException, match=message):
        _operator().execute(context)


def test_the_parameters_of_the_dag_are_accepted(run: RunIdentity) -> None:
    context = context_of(run, conf={"preset": "quick"}, params=["cover_types", "preset"])
    assert _operator().execute(context) == ["1", "2"]
