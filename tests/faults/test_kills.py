"""The process of a task is killed in the middle of a call; then the task is tried again, or the run is given up."""

import time

import pytest

from tests.e2e.cloud_state import CloudState
from tests.faults.steps import Run
from tests.forks import forks_of
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

_PREFIX = "aiplatform.projects.locations"

# Where the process hangs when it is killed: a method, and whether the service has done its work by then.
_MOMENTS = {
    "the tuning job was created": (f"{_PREFIX}.hyperparameterTuningJobs.create", True),
    "during the wait for the trials": (f"{_PREFIX}.hyperparameterTuningJobs.list", False),
    "the training job was created": (f"{_PREFIX}.customJobs.create", True),
    "the version was uploaded": (f"{_PREFIX}.models.upload", True),
    "the deployment was started": (f"{_PREFIX}.endpoints.deployModel", True),
    "the canary answers": (f"{_PREFIX}.endpoints.predict", True),
    "before the alias was moved": (f"{_PREFIX}.models.mergeVersionAliases", False),
    "the alias was moved": (f"{_PREFIX}.models.mergeVersionAliases", True),
    "the former version was undeployed": (f"{_PREFIX}.endpoints.undeployModel", True),
}


def _kill_at(cloud: LocalCloud, method: str, *, applied: bool) -> None:
    """Start a run and kill its process in the middle of its first call of a method."""
    fault = cloud.add_fault(method, "stall", seconds=2, appliesFirst=applied)
    log = cloud.state_dir.with_name("run.log")
    process = forks_of("tests.faults.run_imports").launch(["python", "-m", "tests.faults.one_run", "second"], log, log)
    try:
        while not cloud.fault_is_consumed(fault):
            assert process.poll() is None, f"the run ended before it made the call: {log.read_text()}"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("moment", _MOMENTS)
def test_the_next_try_goes_on_and_makes_nothing_twice(moment: str, released_cloud: LocalCloud) -> None:
    method, applied = _MOMENTS[moment]
    _kill_at(released_cloud, method, applied=applied)
    Run("second").go()
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() == "2"


@pytest.mark.parametrize(
    "moment", ["during the wait for the trials", "the canary answers", "before the alias was moved"]
)
def test_a_run_that_is_given_up_leaves_the_former_version_in_service(moment: str, released_cloud: LocalCloud) -> None:
    method, applied = _MOMENTS[moment]
    _kill_at(released_cloud, method, applied=applied)
    Run("second").step("cleanup")
    state = CloudState(released_cloud)
    assert state.champion() == "1"
    assert state.problems() == []
