"""When a study makes no further trials."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from localgcp.core.state.states import TrialState
from localgcp.services.vertex.tuning.study_stopping import StudyStopping
from localgcp.services.vertex.tuning.trials import TrialRecord

CREATED = "2026-03-01T00:00:00Z"
START = datetime.fromisoformat(CREATED)


def trials(*values: float | None) -> list[TrialRecord]:
    """Return trials that ended one minute after another; None is infeasible."""
    return [
        TrialRecord(
            id=str(number), values={}, metric=value, end_time=(START + timedelta(minutes=number)).isoformat(),
            state=TrialState.INFEASIBLE if value is None else TrialState.SUCCEEDED,
        )
        for number, value in enumerate(values, 1)
    ]  # fmt: skip


RUNNING = TrialRecord(id="9", values={}, state=TrialState.ACTIVE)

CASES: list[tuple[dict[str, Any], list[TrialRecord], int, bool]] = [
    ({}, trials(1, 1, 1), 1000, False),
    ({"maxNumTrials": 3}, trials(1, 2), 9, False),
    ({"maxNumTrials": 3}, [*trials(1, 2), RUNNING], 9, True),
    ({"maxNumTrialsNoProgress": 2}, trials(1, 2, 1), 9, False),
    ({"maxNumTrialsNoProgress": 2}, trials(1, 2, 1, 2), 9, True),
    ({"maxNumTrialsNoProgress": 2}, trials(1, None, None), 9, True),
    ({"maxNumTrialsNoProgress": 2}, [*trials(1, 0), RUNNING], 9, False),
    ({"maxDurationNoProgress": "600s"}, trials(1, 2), 11, False),
    ({"maxDurationNoProgress": "600s"}, trials(1, 2), 12, True),
    ({"maxDurationNoProgress": "600s"}, [], 10, True),
    ({"maximumRuntimeConstraint": {"maxDuration": "600s"}}, trials(1), 9, False),
    ({"maximumRuntimeConstraint": {"maxDuration": "600s"}}, trials(1), 10, True),
    ({"maximumRuntimeConstraint": {"endTime": "2026-03-01T00:05:00Z"}}, [], 5, True),
    ({"maxNumTrials": 1, "minNumTrials": 2}, trials(1, None), 9, False),
    ({"maxNumTrials": 1, "minNumTrials": 2}, trials(1, 1), 9, True),
    ({"maxNumTrials": 1, "minimumRuntimeConstraint": {"maxDuration": "600s"}}, trials(1, 1), 9, False),
    ({"maxNumTrials": 1, "minimumRuntimeConstraint": {"endTime": "2026-03-01T00:05:00Z"}}, trials(1, 1), 9, True),
    ({"minNumTrials": 1}, trials(1, 1), 1000, False),
]


@pytest.mark.parametrize(("rules", "made", "minutes", "is_due"), CASES)
def test_study_stops_by_its_rules(rules: dict[str, Any], made: list[TrialRecord], minutes: int, is_due: bool) -> None:
    stopping = StudyStopping({"studyStoppingConfig": rules}, maximizes=True, created=CREATED)
    assert stopping.is_due(made, START + timedelta(minutes=minutes)) == is_due


def test_progress_of_a_minimised_metric_is_downwards() -> None:
    stopping = StudyStopping({"studyStoppingConfig": {"maxNumTrialsNoProgress": 2}}, maximizes=False, created=CREATED)
    assert not stopping.is_due(trials(3, 2, 1), START)
    assert stopping.is_due(trials(1, 2, 3), START)


def test_study_without_rules_is_not_stopped() -> None:
    assert not StudyStopping({}, maximizes=True, created=CREATED).is_due(trials(1), START + timedelta(days=99))
