"""The service is killed in the middle of a run, and started again."""

import threading

import pytest

from tests.e2e.cloud_state import CloudState
from tests.faults.steps import Run
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

_PREFIX = "aiplatform.projects.locations"
_MOMENTS = {
    "while tuning": (f"{_PREFIX}.hyperparameterTuningJobs.list", False),
    "while retraining": (f"{_PREFIX}.customJobs.list", False),
    "while deploying": (f"{_PREFIX}.endpoints.deployModel", True),
    "before an upload": (f"{_PREFIX}.models.upload", False),
    "after an upload": (f"{_PREFIX}.models.upload", True),
    "after the traffic was moved": (f"{_PREFIX}.endpoints.patch", True),
}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_run_survives_a_service_that_is_killed_and_started_again(
    moment: str, released_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.8)  # the service needs seconds to start again
    method, applied = _MOMENTS[moment]
    released_cloud.add_fault(method, "kill", appliesFirst=applied)

    def restart_cloud() -> None:
        released_cloud.wait(120)
        released_cloud.start()

    restarter = threading.Thread(target=restart_cloud)
    restarter.start()
    Run("second").go()
    restarter.join()
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() == "2"
