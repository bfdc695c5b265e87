"""Each API call of a run meets each fault once: the run ends as if nothing had been."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.airflow_runs import Airflow
from tests.e2e.cloud_state import CloudState
from tests.faults.conftest import called_methods
from tests.faults.steps import Run
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

# What the report alone calls; its own tests try it.
_REPORTING: frozenset[str] = frozenset()
_FAULTS: dict[str, dict[str, Any]] = {
    "429": {"action": "error", "status": 429},
    "500": {"action": "error", "status": 500},
    "503": {"action": "error", "status": 503},
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


def test_the_dag_calls_nothing_else(
    empty_cloud: LocalCloud,
    airflow: Airflow,
    data_dir: Path,
    first_run_methods: Sequence[str],
    second_run_methods: Sequence[str],
) -> None:
    conf = {"cover_types": [3], "preset": "quick", "trials": 1}
    run = airflow.dags_test(empty_cloud, data_dir, "covertype_xgboost", conf)
    assert run.code == 0, run.output[-5000:]
    assert set(called_methods(empty_cloud)) - {*first_run_methods, *second_run_methods} <= _REPORTING


def _check_survival(cloud: LocalCloud, methods: Sequence[str], fault: dict[str, Any]) -> None:
    faults = {method: cloud.add_fault(method, **fault) for method in methods}
    Run("second").go()
    missed = [method for method, fault_id in faults.items() if not cloud.fault_is_consumed(fault_id)]
    if fault.get(
        "appliesFirst"
    ):  # of an operation whose start was not answered nothing is known: what it made is looked up
        missed = [method for method in missed if not method.endswith("operations.get")]
    assert missed == []
    assert CloudState(cloud).problems() == []
