"""Decides when a study starts no further trials: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec.

The rules are checked before each suggestion, in the order of the reference: while a minimum is not reached, no other
rule is checked; then any rule that applies ends the study.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from localgcp.core.conventions.problems import Problem
from localgcp.services.vertex.replicas.resources import seconds
from localgcp.services.vertex.tuning.trials import TrialRecord

FIELD = "studyStoppingConfig"
_COUNTS = {"minNumTrials": "min_num_trials", "maxNumTrials": "max_num_trials",
           "maxNumTrialsNoProgress": "max_num_trials_no_progress"}  # fmt: skip
_NEVER = timedelta.max


class StudyStopping:
    """The `studyStoppingConfig` of one study.

    Attributes:
        is_asap: the running trials are ended too.
    """

    def __init__(self, spec: Mapping[str, Any], *, maximizes: bool, created: str) -> None:
        """Read the rules of a StudySpec; without rules the study is not stopped.

        Args:
            created: the creation time of the study, RFC 3339.
        """
        self._rules: Mapping[str, Any] = spec.get(FIELD, {})
        self.is_asap = bool(self._rules.get("shouldStopAsap"))
        self._sign = 1.0 if maximizes else -1.0
        self._created = datetime.fromisoformat(created)

    def is_due(self, trials: Sequence[TrialRecord], at: datetime) -> bool:
        """Return whether the study starts no further trial."""
        rules = self._rules
        if not rules or self._is_short(trials, at):
            return False
        best_at, without_progress = self._progress(trials)
        return (
            ("maxNumTrials" in rules and len(trials) >= rules["maxNumTrials"])
            or ("maxNumTrialsNoProgress" in rules and without_progress >= rules["maxNumTrialsNoProgress"])
            or ("maxDurationNoProgress" in rules and at - best_at >= _duration(rules["maxDurationNoProgress"]))
            or at >= self._limit("maximumRuntimeConstraint", _NEVER)
        )

    def _is_short(self, trials: Sequence[TrialRecord], at: datetime) -> bool:
        completed = sum(trial.metric is not None for trial in trials)
        is_early = at < self._limit("minimumRuntimeConstraint", timedelta())
        return is_early or completed < self._rules.get("minNumTrials", 0)

    def _limit(self, name: str, default: timedelta) -> datetime:
        limit = self._rules.get(name, {})
        if "endTime" in limit:
            return datetime.fromisoformat(limit["endTime"])
        length = _duration(limit["maxDuration"]) if "maxDuration" in limit else default
        return datetime.max.replace(tzinfo=self._created.tzinfo) if length is _NEVER else self._created + length

    def _progress(self, trials: Sequence[TrialRecord]) -> tuple[datetime, int]:
        """Return when the best value was reported, and how many trials have ended since."""
        best, best_at, since = float("-inf"), self._created, 0
        for trial in sorted((one for one in trials if one.is_final), key=lambda one: one.end_time):
            if trial.metric is not None and self._sign * trial.metric > best:
                best, best_at, since = self._sign * trial.metric, datetime.fromisoformat(trial.end_time), 0
            else:
                since += 1
        return best_at, since


def stopping_problems(study: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the problems of the `studyStoppingConfig` of a StudySpec."""
    rules, where = study.get(FIELD, {}), "study_spec.study_stopping_config"
    for field, name in _COUNTS.items():
        if rules.get(field, 1) < 1:
            yield f"{where}.{name}", f"Must be at least 1, found {rules[field]}."
    if "maxDurationNoProgress" in rules and seconds(rules["maxDurationNoProgress"]) <= 0:
        yield f"{where}.max_duration_no_progress", f"Must be positive, found {rules['maxDurationNoProgress']}."


def _duration(text: str) -> timedelta:
    return timedelta(seconds=seconds(text))
