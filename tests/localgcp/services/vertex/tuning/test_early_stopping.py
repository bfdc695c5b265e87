"""The stopping rules on curves made by hand."""

from collections.abc import Sequence

from localgcp.services.vertex.tuning.early_stopping import EarlyStopping
from localgcp.services.vertex.tuning.metric_file import Measurement

MEDIAN = {"medianAutomatedStoppingSpec": {}}
DECAY = {"decayCurveStoppingSpec": {}}


def curve(*values: float, every_s: float = 1.0) -> list[Measurement]:
    return [Measurement(step, value, step * every_s) for step, value in enumerate(values, 1)]


GOOD: Sequence[list[Measurement]] = [curve(0.5, 0.6, 0.7), curve(0.5, 0.7, 0.8), curve(0.4, 0.6, 0.9)]


def test_median_stops_a_trial_below_the_running_averages() -> None:
    assert EarlyStopping(MEDIAN, maximizes=True).is_hopeless(curve(0.1, 0.2), GOOD)


def test_median_keeps_a_trial_whose_best_value_is_good() -> None:
    assert not EarlyStopping(MEDIAN, maximizes=True).is_hopeless(curve(0.7, 0.2), GOOD)


def test_median_compares_at_the_same_step() -> None:
    # 0.5 is below the others' final values, and not below where they were at step 1.
    assert not EarlyStopping(MEDIAN, maximizes=True).is_hopeless(curve(0.5), GOOD)


def test_minimizing_turns_the_median_around() -> None:
    rule = EarlyStopping(MEDIAN, maximizes=False)
    assert rule.is_hopeless(curve(0.9, 0.9), GOOD)
    assert not rule.is_hopeless(curve(0.1, 0.1), GOOD)


def test_no_trial_is_stopped_before_three_trials_have_ended() -> None:
    assert not EarlyStopping(MEDIAN, maximizes=True).is_hopeless(curve(0.0), GOOD[:2])


def test_without_a_rule_no_trial_is_stopped() -> None:
    assert not EarlyStopping({}, maximizes=True).is_hopeless(curve(0.0, 0.0, 0.0), GOOD)


def test_rule_can_use_elapsed_time_instead_of_steps() -> None:
    slow = curve(0.5, 0.6, every_s=10.0)
    rule = EarlyStopping({"medianAutomatedStoppingSpec": {"useElapsedDuration": True}}, maximizes=True)
    # By step it would be compared with 0.5 to 0.6; after 20 s the others were at 0.6 and above on average.
    assert rule.is_hopeless(slow, [curve(0.7, 0.8, 0.9)] * 3)


def test_decay_curve_stops_a_trial_that_usual_gains_cannot_make_best() -> None:
    rule = EarlyStopping(DECAY, maximizes=True)
    assert rule.is_hopeless(curve(0.05), GOOD)
    assert not rule.is_hopeless(curve(0.5), GOOD)
