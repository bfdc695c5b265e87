"""Suggestions: reproducible, resumable, and better than chance."""

import statistics
from typing import Any

import pytest

from localgcp.services.vertex.tuning.search_space import Value
from localgcp.services.vertex.tuning.study import Study

X = {"parameterId": "x", "doubleValueSpec": {"minValue": 0.0, "maxValue": 1.0}}
Y = {"parameterId": "y", "doubleValueSpec": {"minValue": 0.001, "maxValue": 1.0}, "scaleType": "UNIT_LOG_SCALE"}


def make(parameters: list[dict[str, Any]], *, count: int = 12, goal: str = "MAXIMIZE", **spec: Any) -> Study:
    metrics = [{"metricId": "score", "goal": goal}]
    return Study({"metrics": metrics, "parameters": parameters, **spec}, name="study", trial_count=count)


def objective(values: dict[str, Value]) -> float:
    return -((float(values["x"]) - 0.3) ** 2) - (float(values.get("y", 0.1)) - 0.1) ** 2


def run(study: Study, count: int, first: int = 1) -> list[dict[str, Value]]:
    found = []
    for number in range(first, first + count):
        values = study.suggest(str(number))
        assert values is not None
        study.finish(str(number), objective(values))
        found.append(values)
    return found


def test_same_study_suggests_the_same() -> None:
    assert run(make([X, Y]), 8) == run(make([X, Y]), 8)


def test_another_name_suggests_something_else() -> None:
    metrics = {"metrics": [{"metricId": "score", "goal": "MAXIMIZE"}], "parameters": [X]}
    one, other = (Study(metrics, name=name, trial_count=8) for name in ("one", "other"))
    assert one.suggest("2") != other.suggest("2")


def test_resumed_study_suggests_the_same_values() -> None:
    whole = run(make([X, Y]), 8)
    resumed = make([X, Y])
    for number, values in enumerate(whole[:5], 1):
        resumed.resume(str(number), values)
        resumed.finish(str(number), objective(values))
    assert run(resumed, 3, first=6) == whole[5:]


def test_first_trial_is_the_middle_by_scale() -> None:
    first = make([X, Y]).suggest("1")
    assert first == {"x": pytest.approx(0.5), "y": pytest.approx(0.0316, abs=1e-3)}


def test_first_trial_takes_the_defaults() -> None:
    given = {"parameterId": "x", "doubleValueSpec": {"minValue": 0.0, "maxValue": 1.0, "defaultValue": 0.2}}
    assert make([given]).suggest("1") == {"x": 0.2}


def test_bayesian_search_beats_random_search_on_average() -> None:
    best: dict[str, list[float]] = {"ALGORITHM_UNSPECIFIED": [], "RANDOM_SEARCH": []}
    for seed in range(5):
        for algorithm, found in best.items():
            spec = {
                "metrics": [{"metricId": "score", "goal": "MAXIMIZE"}],
                "parameters": [X, Y],
                "algorithm": algorithm,
            }
            study = Study(spec, name=f"{seed}", trial_count=20)
            found.append(max(objective(values) for values in run(study, 20)))
    assert statistics.fmean(best["ALGORITHM_UNSPECIFIED"]) > statistics.fmean(best["RANDOM_SEARCH"])


def test_minimizing_turns_the_search_around() -> None:
    study = make([X], count=20, goal="MINIMIZE")
    for number in range(1, 21):
        values = study.suggest(str(number))
        assert values is not None
        study.finish(str(number), (float(values["x"]) - 0.8) ** 2)
    tail = [study.suggest(str(number)) for number in range(21, 26)]
    assert statistics.fmean(float(values["x"]) for values in tail if values) == pytest.approx(0.8, abs=0.15)


def test_parallel_suggestions_differ() -> None:
    study = make([X])
    run(study, 4)
    pending = [study.suggest(str(number)) for number in range(5, 9)]
    assert len({values["x"] for values in pending if values}) == 4


def test_infeasible_trials_do_not_stop_the_search() -> None:
    study = make([X])
    for number in range(1, 6):
        assert study.suggest(str(number))
        study.finish(str(number), None)
    assert study.suggest("6") is not None


def test_grid_goes_through_every_point_once_and_ends() -> None:
    parameters = [
        {"parameterId": "a", "integerValueSpec": {"minValue": "1", "maxValue": "2"}},
        {"parameterId": "b", "categoricalValueSpec": {"values": ["u", "v"]}},
    ]
    study = make(parameters, algorithm="GRID_SEARCH")
    points = [study.suggest(str(number)) for number in range(1, 6)]
    assert points[:4] == [{"a": 1.0, "b": "u"}, {"a": 1.0, "b": "v"}, {"a": 2.0, "b": "u"}, {"a": 2.0, "b": "v"}]
    assert points[4] is None


def test_inactive_conditional_parameter_is_left_out() -> None:
    child = {"parameterId": "gamma", "doubleValueSpec": {"maxValue": 1}}
    kernel = {
        "parameterId": "kernel",
        "categoricalValueSpec": {"values": ["rbf", "linear"]},
        "conditionalParameterSpecs": [{"parentCategoricalValues": {"values": ["rbf"]}, "parameterSpec": child}],
    }
    study = make([kernel], algorithm="RANDOM_SEARCH")
    for number in range(1, 11):
        values = study.suggest(str(number))
        assert values is not None
        assert ("gamma" in values) == (values["kernel"] == "rbf")


def test_selected_measurement_is_the_last_unless_the_best_is_asked_for() -> None:
    values = [0.1, 0.9, 0.5]
    assert make([X]).select(values) == 2
    assert make([X], measurementSelectionType="BEST_MEASUREMENT").select(values) == 1
    assert make([X], measurementSelectionType="BEST_MEASUREMENT", goal="MINIMIZE").select(values) == 0
