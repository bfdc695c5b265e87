"""Two at the same time: two runs of the pipeline, and two tries of one run."""

import threading

import pytest

from tests.e2e.cloud_state import CloudState
from tests.faults.steps import Run
from tests.local_cloud import LocalCloud
from timberline.run.compat import AirflowFailException

pytestmark = pytest.mark.slow


def _together(*names: str) -> list[BaseException]:
    """Take all steps of runs at the same time, and return what stopped them."""
    stopped: list[BaseException] = []

    def go(name: str) -> None:
        run = Run(name)
        try:
            run.go(before="cleanup")
        except Exception as error:
            stopped.append(error)
        run.step("cleanup")

    threads = [threading.Thread(target=go, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return stopped


def test_of_two_runs_at_once_one_wins_and_the_other_says_why_not(released_cloud: LocalCloud) -> None:
    stopped = _together("second", "third")
    assert len(stopped) <= 1
    for error in stopped:
        assert isinstance(error, AirflowFailException), error
        assert "in service" in str(error)
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() in ("2", "3")
    assert len(state.versions()) == 3


def test_two_tries_of_one_run_make_nothing_twice(released_cloud: LocalCloud) -> None:
    assert _together("second", "second") == []
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() == "2"
    assert len(state.versions()) == 2
