"""Selects the best trial of a tuning job and converts its parameters to their declared types. Pure."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from timberline.run.errors import NoUsableTrial
from timberline.run.xcom import XComValue
from timberline.spec.metric import MetricGoal

ParameterValue = float | int | str


class ParameterType(StrEnum):
    """The kinds of parameter of a study."""

    INTEGER = "INTEGER"
    DOUBLE = "DOUBLE"
    DISCRETE = "DISCRETE"
    CATEGORICAL = "CATEGORICAL"


@dataclass(frozen=True, slots=True)
class DeclaredParameter:
    """The type of one parameter, as the study declares it.

    Attributes:
        type: the kind of parameter.
        values: the feasible values of a DISCRETE or CATEGORICAL parameter.
    """

    type: ParameterType
    values: tuple[ParameterValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished or running trial.

    Attributes:
        id: the id of the trial in the job: a number as text.
        state: Vertex AI's name: REQUESTED, ACTIVE, STOPPING, SUCCEEDED or INFEASIBLE.
        parameters: the values by parameter id, as the service sends them.
        metric: the final value of the study's metric; None without a final value.
        infeasible_reason: why the trial is infeasible, in the service's words; may be empty.
    """

    id: str
    state: str
    parameters: Mapping[str, ParameterValue]
    metric: float | None
    infeasible_reason: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the trial succeeded with a finite metric."""
        return self.state == "SUCCEEDED" and self.metric is not None and math.isfinite(self.metric)

    @property
    def is_over(self) -> bool:
        """Whether the trial has ended."""
        return self.state in ("SUCCEEDED", "INFEASIBLE")


@dataclass(frozen=True, kw_only=True, slots=True)
class BestParameters(XComValue):
    """The parameters that a model is trained with.

    Attributes:
        segment: which of the parallel models it is.
        parameters: values by parameter id, in their declared types.
        trial: the id of the best trial; None for default parameters.
        metric, value: the study's metric, and its value in this trial; None for default parameters.
        trials: how many trials there were, by their end.
    """

    segment: str
    parameters: Mapping[str, ParameterValue]
    trial: str | None = None
    metric: str | None = None
    value: float | None = None
    trials: Mapping[str, int] = field(default_factory=dict)


def best_trial(trials: Sequence[Trial], goal: MetricGoal, *, job: str) -> Trial:
    """Return the usable trial with the best metric; of equal trials the trial with the lowest id.

    Args:
        trials: the trials in any order: Vertex AI does not sort them.
        goal: the better direction of the metric.
        job: what the message calls the tuning job.

    Raises:
        NoUsableTrial: no trial succeeded with a finite metric.
    """
    ranked = sorted_trials(trials, goal)
    if not ranked or not ranked[0].is_usable:
        raise NoUsableTrial(f"{job}: none of {len(trials)} trials reported the metric; {_reasons(trials)}")
    return ranked[0]


def sorted_trials(trials: Iterable[Trial], goal: MetricGoal) -> list[Trial]:
    """Return the usable trials, the best first, then the other trials; equal trials are sorted by id."""
    sign = -1.0 if goal is MetricGoal.MAXIMIZE else 1.0

    def rank(trial: Trial) -> tuple[bool, float, tuple[int, str]]:
        usable = trial.is_usable
        return (not usable, sign * (trial.metric or 0.0) if usable else 0.0, _id_order(trial.id))

    return sorted(trials, key=rank)


def typed_parameters(trial: Trial, declared: Mapping[str, DeclaredParameter]) -> dict[str, ParameterValue]:
    """Return the parameters of a trial with their declared types: the service sends every number as a float.

    A DISCRETE parameter becomes an integer if all its feasible values are integers.

    Raises:
        NoUsableTrial: a declared parameter has no value, or its type does not allow the value.
    """
    missing = declared.keys() - trial.parameters.keys()
    if missing:
        raise NoUsableTrial(f"trial {trial.id} has no value for {', '.join(sorted(missing))}")
    return {name: _typed(trial, name, spec) for name, spec in declared.items()}


def in_words(parameters: Mapping[str, ParameterValue]) -> str:
    """Return parameters as one line for the log, with shortened numbers."""
    shown = {name: f"{value:.3g}" if isinstance(value, float) else str(value) for name, value in parameters.items()}
    return " ".join(f"{name}={text}" for name, text in shown.items())


def _typed(trial: Trial, name: str, spec: DeclaredParameter) -> ParameterValue:
    value = trial.parameters[name]
    if spec.type is ParameterType.CATEGORICAL:
        return str(value)
    number = float(value)
    if spec.type is ParameterType.DOUBLE:
        return number
    if spec.type is ParameterType.DISCRETE:
        number = min((float(each) for each in spec.values), key=lambda each: abs(each - number), default=number)
        return int(number) if _are_whole(spec.values or (number,)) else number
    if not number.is_integer():
        raise NoUsableTrial(f"trial {trial.id}: {name} is an integer parameter, found {value}")
    return int(number)


def _are_whole(values: Collection[ParameterValue]) -> bool:
    return all(float(value).is_integer() for value in values)


def _id_order(trial_id: str) -> tuple[int, str]:
    return (int(trial_id), "") if trial_id.isdecimal() else (2**63, trial_id)


def _reasons(trials: Sequence[Trial]) -> str:
    """Return the last reason that a trial reports: trials usually fail for the same reason."""
    reasons = [f"trial {trial.id}: {trial.infeasible_reason}" for trial in trials if trial.infeasible_reason]
    return reasons[-1] if reasons else "the service gave no reason; read the log of a trial"
