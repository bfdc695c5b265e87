"""Converts the trials of a Vertex AI tuning job to v1's form: the best first, hyperparameters as texts. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from timberline.ai_platform.answers.job_states import v1_trial_state
from timberline.jobs.selection import (
    DeclaredParameter,
    ParameterType,
    ParameterValue,
    Trial,
    sorted_trials,
    typed_parameters,
)
from timberline.spec.metric import MetricGoal

_NODE = re.compile(r"workerpool(?P<pool>[0-3])-(?P<replica>\d+)")
_ROLES = ("master", "worker", "ps", "evaluator")  # of the four worker pools, in order


def trial_outputs(job: Mapping[str, Any], parameter_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the trials as v1's HyperparameterOutputs.

    The usable ones come first, the best of them at the head; the others follow by their ids, without a `finalMetric`.

    Args:
        job: a HyperparameterTuningJob in Google's JSON form.
        parameter_names: v1's names by Vertex AI's; a name that is missing is the same in both.

    Raises:
        UnknownState: a trial has a state that this version does not know.
        NoUsableTrial: a value does not fit the type that the study declares.
    """
    spec = job["studySpec"]
    metric = spec["metrics"][0]
    declared = {each["parameterId"]: _declared(each) for each in spec.get("parameters", ())}
    messages = {str(each["id"]): each for each in job.get("trials", ())}
    trials = [_read_trial(each, metric["metricId"]) for each in messages.values()]
    return [
        _output(messages[trial.id], trial, _texts(trial, declared, parameter_names))
        for trial in sorted_trials(trials, MetricGoal(metric["goal"]))
    ]


def v1_web_access_uris(uris: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of interactive shells by v1's node names, e.g. `master-replica-0`."""
    return {_node_name(key): uri for key, uri in uris.items()}


def _node_name(key: str) -> str:
    found = _NODE.fullmatch(key)
    return f"{_ROLES[int(found['pool'])]}-replica-{found['replica']}" if found else key


def _output(message: Mapping[str, Any], trial: Trial, hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "trialId": trial.id,
        "hyperparameters": hyperparameters,
        "state": v1_trial_state(trial.state),
    }
    found |= {key: message[key] for key in ("startTime", "endTime") if message.get(key)}
    if trial.is_usable:
        step = str(message["finalMeasurement"].get("stepCount", 0))
        found["finalMetric"] = {"trainingStep": step, "objectiveValue": trial.metric}
    if trial.state == "STOPPING":  # Vertex AI shows it only in this state
        found["isTrialStoppedEarly"] = True
    if message.get("webAccessUris"):
        found["webAccessUris"] = v1_web_access_uris(message["webAccessUris"])
    return found


def _texts(trial: Trial, declared: Mapping[str, DeclaredParameter], names: Mapping[str, str]) -> dict[str, str]:
    """Return a trial's parameters. Undeclared parameters and parameters without a value are left out."""
    known = {name: spec for name, spec in declared.items() if name in trial.parameters}
    values = {**trial.parameters, **typed_parameters(trial, known)}
    return {names.get(name, name): str(value) for name, value in values.items()}


def _read_trial(message: Mapping[str, Any], metric_id: str) -> Trial:
    measured: Sequence[Mapping[str, Any]] = message.get("finalMeasurement", {}).get("metrics", ())
    metrics = {each["metricId"]: float(each.get("value", 0.0)) for each in measured}
    return Trial(
        id=str(message["id"]),
        state=message["state"],
        parameters={each["parameterId"]: _plain(each["value"]) for each in message.get("parameters", ())},
        metric=metrics.get(metric_id),
        infeasible_reason=message.get("infeasibleReason", ""),
    )


def _declared(spec: Mapping[str, Any]) -> DeclaredParameter:
    if "integerValueSpec" in spec:
        return DeclaredParameter(ParameterType.INTEGER)
    if "doubleValueSpec" in spec:
        return DeclaredParameter(ParameterType.DOUBLE)
    if "discreteValueSpec" in spec:
        return DeclaredParameter(ParameterType.DISCRETE, tuple(map(float, spec["discreteValueSpec"]["values"])))
    return DeclaredParameter(ParameterType.CATEGORICAL, tuple(spec.get("categoricalValueSpec", {}).get("values", ())))


def _plain(value: object) -> ParameterValue:
    return value if isinstance(value, float | int) else str(value)
