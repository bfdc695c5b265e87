"""The best trial, and its parameters' types."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.jobs.selection import (
    DeclaredParameter,
    ParameterType,
    Trial,
    best_trial,
    sorted_trials,
    typed_parameters,
)
from timberline.run.errors import NoUsableTrial
from timberline.spec.metric import MetricGoal

_metrics = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 0.5, 1.0]))
_states = st.sampled_from(["REQUESTED", "ACTIVE", "STOPPING", "SUCCEEDED", "SUCCEEDED", "INFEASIBLE"])


@st.composite
def _trials(draw: st.DrawFn) -> list[Trial]:
    ids = draw(st.lists(st.integers(1, 200).map(str), unique=True, max_size=12))
    return [Trial(each, draw(_states), {}, draw(_metrics)) for each in ids]


@given(_trials(), st.sampled_from(MetricGoal))
def test_no_usable_trial_is_better_than_the_best(trials: list[Trial], goal: MetricGoal) -> None:
    usable = [t for t in trials if t.state == "SUCCEEDED" and t.metric is not None and math.isfinite(t.metric)]
    if not usable:
        with pytest.raises(NoUsableTrial):
            best_trial(trials, goal, job="job")
        return
    best = best_trial(trials, goal, job="job")
    values = [t.metric for t in usable]
    assert best.metric == (max(values) if goal == "MAXIMIZE" else min(values))  # type: ignore[type-var]
    assert int(best.id) == min(int(t.id) for t in usable if t.metric == best.metric)


@given(_trials(), st.randoms(), st.sampled_from(MetricGoal))
def test_the_order_of_trials_does_not_matter(trials: list[Trial], random: object, goal: MetricGoal) -> None:
    shuffled = list(trials)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    try:
        expected = best_trial(trials, goal, job="job")
    except NoUsableTrial:
        with pytest.raises(NoUsableTrial):
            best_trial(shuffled, goal, job="job")
    else:
        assert best_trial(shuffled, goal, job="job") is expected


@given(_trials(), st.sampled_from(MetricGoal))
def test_sorted_trials_get_worse_one_by_one_and_end_with_what_cannot_be_compared(
    trials: list[Trial], goal: MetricGoal
) -> None:
    found = sorted_trials(trials, goal)
    assert sorted(map(id, found)) == sorted(map(id, trials))
    usable = [trial for trial in found if trial.is_usable]
    assert found[: len(usable)] == usable
    sign = -1 if goal == "MAXIMIZE" else 1
    assert [(sign * (t.metric or 0.0), int(t.id)) for t in usable] == sorted(
        (sign * (t.metric or 0.0), int(t.id)) for t in usable
    )
    others = [int(trial.id) for trial in found[len(usable) :]]
    assert others == sorted(others)


def test_ties_are_broken_by_number_not_by_text() -> None:
    trials = [Trial(each, "SUCCEEDED", {}, 0.5) for each in ("10", "9", "11")]
    assert best_trial(trials, MetricGoal.MAXIMIZE, job="job").id == "9"


def test_the_message_names_job_and_reason() -> None:
    trials = [Trial("1", "INFEASIBLE", {}, None, "the trainer reported no f1-score")]
    with pytest.raises(NoUsableTrial, match=r"job 7: none of 1 trials .* trial 1: the trainer reported no f1-score"):
        best_trial(trials, MetricGoal.MAXIMIZE, job="job 7")


def _typed(kind: ParameterType, value: float | str, *values: float | str) -> object:
    trial = Trial("1", "SUCCEEDED", {"p": value}, 1.0)
    return typed_parameters(trial, {"p": DeclaredParameter(kind, values)})["p"]


@given(st.integers(-(2**53), 2**53))
def test_an_integer_parameter_is_an_integer_again(value: int) -> None:
    found = _typed(ParameterType.INTEGER, float(value))
    assert found == value
    assert type(found) is int


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, unique=True), st.data())
def test_a_discrete_parameter_of_whole_values_is_an_integer_again(values: list[int], data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(values))
    found = _typed(ParameterType.DISCRETE, float(value), *map(float, values))
    assert found == value
    assert type(found) is int


def test_a_discrete_parameter_with_one_fraction_stays_a_float() -> None:
    assert type(_typed(ParameterType.DISCRETE, 2.0, 0.5, 2.0)) is float


def test_a_discrete_value_is_the_declared_one_nearest() -> None:
    assert _typed(ParameterType.DISCRETE, 0.30000001192092896, 0.1, 0.3) == 0.3


def test_a_category_stays_text() -> None:
    assert _typed(ParameterType.CATEGORICAL, "TRUE", "TRUE", "FALSE") == "TRUE"


def test_a_fraction_for_an_integer_parameter_is_refused() -> None:
    with pytest.raises(NoUsableTrial, match="p is an integer parameter"):
        _typed(ParameterType.INTEGER, 2.5)


def test_a_missing_parameter_is_named() -> None:
    trial = Trial("4", "SUCCEEDED", {}, 1.0)
    with pytest.raises(NoUsableTrial, match="trial 4 has no value for max_depth"):
        typed_parameters(trial, {"max_depth": DeclaredParameter(ParameterType.INTEGER)})
