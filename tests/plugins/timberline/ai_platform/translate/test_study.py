"""`hyperparameters` of v1 as a study."""

from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.training_bodies import (
    CATEGORICAL,
    DISCRETE,
    DOUBLE,
    INTEGER,
    SAMPLES,
    tuning,
)
from timberline.ai_platform.translate.study import DEFAULT_METRIC_TAG
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job


def _body(*params: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return translate_training_job(tuning(*params, **fields)).body


def _study(*params: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return dict(_body(*params, **fields)["studySpec"])


def _fields(translation: TrainingTranslation) -> list[str]:
    return [note.field for note in translation.notes]


@pytest.mark.parametrize(
    ("parameter", "spec"),
    [
        (DOUBLE, {"doubleValueSpec": {"minValue": 0.0001, "maxValue": 0.1}}),
        (INTEGER, {"integerValueSpec": {"minValue": "2", "maxValue": "9"}}),
        (DISCRETE, {"discreteValueSpec": {"values": [200, 500]}}),
        (CATEGORICAL, {"categoricalValueSpec": {"values": ["log", "hinge"]}}),
    ],
)
def test_each_type_has_its_spec(parameter: dict[str, Any], spec: dict[str, Any]) -> None:
    assert _study(parameter)["parameters"] == [{"parameterId": parameter["parameterName"], **spec}]


@pytest.mark.parametrize("scale", ["UNIT_LINEAR_SCALE", "UNIT_LOG_SCALE", "UNIT_REVERSE_LOG_SCALE"])
@pytest.mark.parametrize("parameter", [DOUBLE, INTEGER, DISCRETE], ids=lambda each: str(each["type"]))
def test_scales_keep_their_names(scale: str, parameter: dict[str, Any]) -> None:
    assert _study(parameter | {"scaleType": scale})["parameters"][0]["scaleType"] == scale


@pytest.mark.parametrize("parameter", [DOUBLE, INTEGER, DISCRETE, CATEGORICAL], ids=lambda each: str(each["type"]))
def test_no_scale_is_left_unset(parameter: dict[str, Any]) -> None:
    assert "scaleType" not in _study(parameter | {"scaleType": "NONE"})["parameters"][0]


def test_numbers_that_yaml_takes_for_texts_are_numbers() -> None:
    double = _study(DOUBLE | {"minValue": "1e-5"})["parameters"][0]["doubleValueSpec"]
    assert double == {"minValue": 1e-5, "maxValue": 0.1}
    assert _study(DISCRETE | {"discreteValues": ["1e-3", 1]})["parameters"][0]["discreteValueSpec"]["values"] == [
        0.001,
        1,
    ]
    assert _study(INTEGER | {"maxValue": "1e3"})["parameters"][0]["integerValueSpec"]["maxValue"] == "1000"


def test_integers_keep_all_their_digits() -> None:
    assert _study(INTEGER | {"maxValue": 2**63 - 1})["parameters"][0]["integerValueSpec"]["maxValue"] == str(2**63 - 1)


@pytest.mark.parametrize(
    ("given", "goal"),
    [("MINIMIZE", "MINIMIZE"), ("MAXIMIZE", "MAXIMIZE"), ("GOAL_TYPE_UNSPECIFIED", "MAXIMIZE"), (None, "MAXIMIZE")],
)
def test_the_goal_is_to_maximize_unless_said_otherwise(given: str | None, goal: str) -> None:
    assert _study(goal=given)["metrics"][0]["goal"] == goal


def test_the_tag_is_v1s_unless_another_one_is_given() -> None:
    assert _study()["metrics"][0]["metricId"] == DEFAULT_METRIC_TAG == "training/hptuning/metric"
    assert _study(hyperparameterMetricTag="accuracy")["metrics"][0]["metricId"] == "accuracy"


def test_names_with_spaces_are_changed_noted_and_led_back() -> None:
    translation = translate_training_job(
        tuning(DOUBLE | {"parameterName": "learning  rate"}, hyperparameterMetricTag="validation loss")
    )
    study = translation.body["studySpec"]
    assert study["metrics"][0]["metricId"] == "validation_loss"
    assert study["parameters"][0]["parameterId"] == "learning_rate"
    assert translation.names.metrics == {"validation_loss": "validation loss"}
    assert translation.names.parameters == {"learning_rate": "learning  rate"}
    assert "trainingInput.hyperparameters.hyperparameterMetricTag" in _fields(translation)
    assert "trainingInput.hyperparameters.params[0].parameterName" in _fields(translation)


def test_names_without_spaces_are_led_back_to_themselves_without_a_note() -> None:
    translation = translate_training_job(tuning(DOUBLE, INTEGER))
    assert translation.names.parameters == {"alpha": "alpha", "depth": "depth"}
    assert not [field for field in _fields(translation) if field.endswith("parameterName")]


@pytest.mark.parametrize("algorithm", ["GRID_SEARCH", "RANDOM_SEARCH"])
def test_algorithms_keep_their_names(algorithm: str) -> None:
    assert _study(INTEGER, algorithm=algorithm)["algorithm"] == algorithm


def test_the_default_algorithm_is_left_unset() -> None:
    assert "algorithm" not in _study(algorithm="ALGORITHM_UNSPECIFIED")


def test_early_stopping_is_the_median_rule_and_noted() -> None:
    translation = translate_training_job(tuning(enableTrialEarlyStopping=True))
    assert "medianAutomatedStoppingSpec" in translation.body["studySpec"]
    assert "trainingInput.hyperparameters.enableTrialEarlyStopping" in _fields(translation)
    assert "medianAutomatedStoppingSpec" not in _study(enableTrialEarlyStopping=False)


def test_the_last_measurement_of_a_trial_counts() -> None:
    assert _study()["measurementSelectionType"] == "LAST_MEASUREMENT"


def test_counts_are_one_trial_unless_said_otherwise() -> None:
    body = _body()
    assert (body["maxTrialCount"], body["parallelTrialCount"]) == (1, 1)
    assert "maxFailedTrialCount" not in body
    body = translate_training_job(SAMPLES["tuning"]).body
    assert (body["maxTrialCount"], body["parallelTrialCount"], body["maxFailedTrialCount"]) == (6, 3, 2)


def test_no_more_trials_run_at_once_than_there_are() -> None:
    translation = translate_training_job(tuning(maxTrials=2, maxParallelTrials=5))
    assert translation.body["parallelTrialCount"] == 2
    assert "trainingInput.hyperparameters.maxParallelTrials" in _fields(translation)


def test_bounds_of_a_discrete_parameter_have_no_effect_as_v1_says() -> None:
    translation = translate_training_job(tuning(DISCRETE | {"minValue": 1, "maxValue": 2}))
    assert "trainingInput.hyperparameters.params[0].minValue" in _fields(translation)
