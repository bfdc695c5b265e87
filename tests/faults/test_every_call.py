"""Each API call of a run meets each fault once: the run ends as if nothing had been."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import pytest

from tests.e2e.cloud_state import CloudState
from tests.faults.steps import METHODS, Run
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

# Errors with these statuses take one branch, and so the calls take turns with them.
_STATUSES = (429, 500, 503)
_FAULTS: dict[str, dict[str, Any]] = {
    "an error": {"action": "error"},
    "dropped before": {"action": "drop"},
    "dropped after": {"action": "drop", "appliesFirst": True},
    "late": {"action": "stall", "seconds": 0.2, "appliesFirst": True},
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_first_run_survives_the_fault_on_every_call(
    fault: str, empty_cloud: LocalCloud, first_run_methods: Sequence[str]
) -> None:
    _check_survival(empty_cloud, first_run_methods, _FAULTS[fault])
    assert CloudState(empty_cloud).champion() == "1"


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_replacement_of_the_version_in_service_survives_the_fault_on_every_call(
    fault: str, released_cloud: LocalCloud, second_run_methods: Sequence[str]
) -> None:
    _check_survival(released_cloud, second_run_methods, _FAULTS[fault])
    assert CloudState(released_cloud).champion() == "2"


def test_the_calls_are_those_that_the_dag_is_held_to(
    first_run_methods: Sequence[str], second_run_methods: Sequence[str]
) -> None:
    # A load that is over at once is not asked for again.
    assert {*first_run_methods, *second_run_methods, "bigquery.jobs.get"} == METHODS


def _check_survival(cloud: LocalCloud, methods: Sequence[str], fault: dict[str, Any]) -> None:
    faults = {method: cloud.add_fault(method, **each) for method, each in zip(methods, _each(fault), strict=False)}
    Run("second").go()
    # A run asks for a BigQuery job again only if the job takes long; the hook's own tests always do.
    faults.pop("bigquery.jobs.get", None)
    missed = [method for method, fault_id in faults.items() if not cloud.fault_is_consumed(fault_id)]
    if fault.get("appliesFirst"):
        # An operation whose start was not answered is not asked for.
        missed = [method for method in missed if not method.endswith("operations.get")]
    assert missed == []
    assert CloudState(cloud).problems() == []


def _each(fault: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fault of one call after another."""
    for status in cycle(_STATUSES):
        yield fault | {"status": status} if fault["action"] == "error" else fault
