"""Thresholds: the run's own win over a segment's, and those over the file's."""

from timberline.spec.decoding import decode
from timberline.spec.releasespec import GateSpec, Thresholds

_GATE = decode(
    GateSpec,
    {"floor": 0.5, "minGain": 0.01, "segments": {"5": {"floor": 0.7}, "North East": {"minRelativeGain": 0.1}}},
    "gate",
)


def test_a_segment_has_the_thresholds_of_all_unless_it_has_its_own() -> None:
    assert _GATE.thresholds("1", Thresholds()) == Thresholds(floor=0.5, min_gain=0.01)
    assert _GATE.thresholds("5", Thresholds()) == Thresholds(floor=0.7, min_gain=0.01)
    assert _GATE.thresholds("North East", Thresholds()) == Thresholds(floor=0.5, min_gain=0.01, min_relative_gain=0.1)


def test_the_runs_own_thresholds_win() -> None:
    assert _GATE.thresholds("5", Thresholds(floor=0.0, min_gain=-1.0)) == Thresholds(floor=0.0, min_gain=-1.0)
