"""The convex stopping rule: a trial ends when its predicted final value does not beat the best one so far.

Vertex AI learns its predictions from the trials that have ended. localgcp assumes that a learning curve flattens: the
recent gain per step is the upper limit of each later gain.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

# The defaults of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec#ConvexAutomatedStoppingSpec
_FEWEST_MEASUREMENTS = 5
_PART_UNSTOPPED = 0.1

Points = Sequence[tuple[float, float]]


class ConvexRule:
    """A ConvexAutomatedStoppingSpec; positions are steps, or seconds with `useElapsedDuration`."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._fewest = int(spec.get("minMeasurementCount", _FEWEST_MEASUREMENTS))
        self._target = float(spec.get("maxStepCount", 0))
        self._least = float(spec.get("minStepCount", math.nan))

    def is_hopeless(self, running: Points, finished: Sequence[Points]) -> bool:
        """Return whether a trial should end now.

        Args:
            running: the positions and values of the trial's measurements, in order; greater values are better.
            finished: the measurements of the trials that were not stopped.
        """
        if len(running) < self._fewest or len(finished) <= self._fewest:
            return False
        target = self._target or max(curve[-1][0] for curve in finished)
        least = target * _PART_UNSTOPPED if math.isnan(self._least) else self._least
        position, value = running[-1]
        if not least < position < target:
            return False
        predicted = value + max(0.0, _late_slope(running)) * (target - position)
        return predicted < max(curve[-1][1] for curve in finished)


def _late_slope(points: Points) -> float:
    """Return the gain per step of the curve's second half."""
    late = points[len(points) // 2 :] if len(points) > 3 else points
    positions = [position for position, _ in late]
    if len(set(positions)) < 2:
        return math.inf  # a single position gives no slope
    return statistics.linear_regression(positions, [value for _, value in late]).slope
