"""Translates `hyperparameters` of v1 to Vertex AI's StudySpec. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.parameters import translate_parameter
from timberline.run.errors import AiPlatformError
from timberline.spec.decoding import encode
from timberline.spec.metric import MetricGoal
from timberline.spec.studyspec import (
    Algorithm,
    MeasurementSelection,
    MedianAutomatedStoppingSpec,
    MetricSpec,
    StudySpec,
)

DEFAULT_METRIC_TAG = "training/hptuning/metric"

_ROOT = "trainingInput.hyperparameters"
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobNames:
    """The names of a v1 job by their names on Vertex AI, which must not contain spaces.

    Attributes:
        metrics: the tag of the metric by its metricId.
        parameters: the names of parameters by their parameterIds.
    """

    metrics: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


def translate_hyperparameters(spec: Mapping[str, Any], notes: Notes) -> tuple[dict[str, Any], JobNames]:
    """Return the HyperparameterTuningJob fields for v1's `hyperparameters`, and the v1 names.

    Args:
        spec: the v1 HyperparameterSpec.
        notes: receives the notes.

    Raises:
        AiPlatformError: the search space or a count is invalid, or has no equivalent on Vertex AI.
    """
    if "resumePreviousJobId" in spec:
        raise AiPlatformError(
            f"{_ROOT}.resumePreviousJobId: expected none, as Vertex AI resumes no tuning job, found "
            f"{spec['resumePreviousJobId']!r}; remove it, and narrow the search space around that job's best trials"
        )
    names = JobNames(metrics=_metric(spec, notes), parameters=_parameter_names(spec, notes))
    study = StudySpec(
        metrics=tuple(MetricSpec(metric_id=each, goal=_goal(spec)) for each in names.metrics),
        parameters=tuple(
            translate_parameter(parameter, name, f"{_ROOT}.params[{index}]", notes)
            for index, (name, parameter) in enumerate(zip(names.parameters, spec["params"], strict=True))
        ),
        algorithm=_algorithm(spec),
        median_automated_stopping_spec=_stopping(spec, notes),
        # v1 documents a trial's finalMetric as the last value. Vertex AI's REST default is the same, but the default of
        # its SDK is the best value: the field is set, so that every client gets v1's trials.
        measurement_selection_type=MeasurementSelection.LAST,
    )
    return {"studySpec": _in_json(study), **_counts(spec, notes)}, names


def _metric(spec: Mapping[str, Any], notes: Notes) -> dict[str, str]:
    tag: str = spec.get("hyperparameterMetricTag") or DEFAULT_METRIC_TAG
    return {_named(tag, f"{_ROOT}.hyperparameterMetricTag", "the trainer has to report it so", notes): tag}


def _parameter_names(spec: Mapping[str, Any], notes: Notes) -> dict[str, str]:
    if not spec.get("params"):
        raise AiPlatformError(f"{_ROOT}.params: expected at least one parameter, found none; add one")
    names: dict[str, str] = {}
    for index, parameter in enumerate(spec["params"]):
        path = f"{_ROOT}.params[{index}].parameterName"
        name: str = parameter.get("parameterName", "")
        new = _named(name, path, "the trainer is given it as a flag of that name", notes)
        if new in names:
            like = "" if names[new] == name else f", as {names[new]!r} becomes on Vertex AI"
            raise AiPlatformError(f"{path}: expected each name once, found {name!r} twice{like}; rename one")
        names[new] = name
    return names


def _named(name: str, path: str, consequence: str, notes: Notes) -> str:
    new = _SPACES.sub("_", name.strip())
    if not new:
        raise AiPlatformError(f"{path}: expected a name, found {name!r}; name it")
    if new != name:
        notes.substitute(path, f"{name!r} -> {new!r}, as Vertex AI takes no spaces; {consequence}")
    return new


def _goal(spec: Mapping[str, Any]) -> MetricGoal:
    goal = spec.get("goal", "GOAL_TYPE_UNSPECIFIED")
    return MetricGoal.MAXIMIZE if goal == "GOAL_TYPE_UNSPECIFIED" else MetricGoal(goal)


def _algorithm(spec: Mapping[str, Any]) -> Algorithm | None:
    algorithm = Algorithm(spec.get("algorithm", Algorithm.UNSPECIFIED))
    for index, parameter in enumerate(spec["params"]):
        if algorithm is Algorithm.GRID and parameter.get("type") == "DOUBLE":
            raise AiPlatformError(
                f"{_ROOT}.params[{index}].type: expected countable values for GRID_SEARCH, found DOUBLE; list them as "
                "DISCRETE, or use another algorithm"
            )
    return None if algorithm is Algorithm.UNSPECIFIED else algorithm


def _stopping(spec: Mapping[str, Any], notes: Notes) -> MedianAutomatedStoppingSpec | None:
    if not spec.get("enableTrialEarlyStopping"):
        return None
    notes.substitute(
        f"{_ROOT}.enableTrialEarlyStopping",
        "v1's own rule -> medianAutomatedStoppingSpec: a trial ends that is worse than the median of the others",
    )
    return MedianAutomatedStoppingSpec()


def _counts(spec: Mapping[str, Any], notes: Notes) -> dict[str, int]:
    most, parallel, failed = (
        _count(spec, *each) for each in (("maxTrials", 1, 1), ("maxParallelTrials", 1, 1), ("maxFailedTrials", 0, 0))
    )
    if parallel > most:
        notes.substitute(f"{_ROOT}.maxParallelTrials", f"{parallel} -> {most}, as there are no more trials")
        parallel = most
    counts = {"maxTrialCount": most, "parallelTrialCount": parallel}
    return counts | {"maxFailedTrialCount": failed} if failed else counts


def _count(spec: Mapping[str, Any], name: str, default: int, least: int) -> int:
    count = int(spec.get(name, default))
    if count < least:
        raise AiPlatformError(f"{_ROOT}.{name}: expected {least} or more, found {count}")
    return count


def _in_json(study: StudySpec) -> dict[str, Any]:
    """Return a study in Google's JSON form, in which 64-bit integers are texts."""
    found: dict[str, Any] = encode(study)
    for parameter in found["parameters"]:
        if bounds := parameter.get("integerValueSpec"):
            parameter["integerValueSpec"] = {key: str(value) for key, value in bounds.items()}
    return found
