"""Decides whether to stop a running trial, from the measurements of the trials that have ended.

The rules are those of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec: the median rule as described
there; the decay curve rule with a normal distribution of past gains instead of a Gaussian process; the convex rule is
in `convex_stopping`.
"""

import statistics
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from localgcp.services.vertex.tuning.convex_stopping import ConvexRule
from localgcp.services.vertex.tuning.metric_file import Measurement

# With fewer finished trials a median or a spread means nothing.
_FEWEST_FINISHED = 3
_SMALLEST_CHANCE = 0.01
_SMALLEST_SPREAD = 1e-9

Curve = Sequence[Measurement]


class Rule(StrEnum):
    """The oneof `automated_stopping_spec` of a StudySpec."""

    MEDIAN = "medianAutomatedStoppingSpec"
    DECAY_CURVE = "decayCurveStoppingSpec"
    CONVEX = "convexAutomatedStoppingSpec"


class EarlyStopping:
    """The stopping rule of one study."""

    def __init__(self, spec: Mapping[str, Any], *, maximizes: bool) -> None:
        """Read the rule of a StudySpec; without a rule no trial is stopped."""
        self._rule = next((rule for rule in Rule if rule in spec), None)
        self._by_time = bool(spec[self._rule].get("useElapsedDuration")) if self._rule else False
        self._sign = 1.0 if maximizes else -1.0
        self._convex = ConvexRule(spec[Rule.CONVEX]) if self._rule is Rule.CONVEX else None

    def is_hopeless(self, running: Curve, finished: Sequence[Curve]) -> bool:
        """Return whether a trial with these measurements should end now.

        Args:
            running: the trial's measurements, in order.
            finished: the measurements of the trials that were not stopped.
        """
        curves = [curve for curve in finished if curve]
        if self._convex is not None:
            return self._convex.is_hopeless(self._points(running), [self._points(curve) for curve in curves])
        if self._rule is None or not running or len(curves) < _FEWEST_FINISHED:
            return False
        return self._below_median(running, curves) if self._rule is Rule.MEDIAN else self._cannot_win(running, curves)

    def _below_median(self, running: Curve, curves: Sequence[Curve]) -> bool:
        """Return whether the best value so far is below the median of the other trials' averages up to this point."""
        averages = [
            statistics.fmean(values) for curve in curves if (values := self._values(self._until(curve, running)))
        ]
        if len(averages) < _FEWEST_FINISHED:
            return False
        return max(self._values(running)) < statistics.median(averages)

    def _cannot_win(self, running: Curve, curves: Sequence[Curve]) -> bool:
        """Return whether the later gains of the other trials would hardly lift this trial above the best of them."""
        gains = [
            self._values(curve)[-1] - values[-1]
            for curve in curves
            if (values := self._values(self._until(curve, running)))
        ]
        if len(gains) < _FEWEST_FINISHED:
            return False
        best = max(self._values(curve)[-1] for curve in curves)
        needed = best - self._values(running)[-1]
        spread = max(statistics.stdev(gains), _SMALLEST_SPREAD)
        return 1 - statistics.NormalDist(statistics.fmean(gains), spread).cdf(needed) < _SMALLEST_CHANCE

    def _until(self, curve: Curve, running: Curve) -> Curve:
        """Return the part of a curve up to the position of the running trial."""
        return curve[: bisect_right(curve, self._position(running[-1]), key=self._position)]

    def _position(self, measurement: Measurement) -> float:
        return measurement.elapsed_s if self._by_time else measurement.step

    def _points(self, curve: Curve) -> list[tuple[float, float]]:
        return [(self._position(measurement), self._sign * measurement.value) for measurement in curve]

    def _values(self, curve: Curve) -> list[float]:
        return [self._sign * measurement.value for measurement in curve]
