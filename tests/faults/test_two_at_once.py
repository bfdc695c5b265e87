"""Concurrent work: two runs of the pipeline, and two tries of one run."""

import threading

import pytest

from tests.e2e.cloud_state import CloudState
from tests.faults.steps import Run
from tests.local_cloud import LocalCloud
from timberline.run.compat import AirflowFailException

pytestmark = pytest.mark.slow


def _together(*names: str) -> list[BaseException]:
    """Execute all steps of several runs at the same time, and return the errors that ended runs."""
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


def test_one_of_two_concurrent_runs_is_promoted_and_the_other_gives_its_reason(released_cloud: LocalCloud) -> None:
    stopped = _together("second", "third")
    assert len(stopped) <= 1
    for error in stopped:
        assert isinstance(error, AirflowFailException), error
        assert "in service" in str(error)
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() in ("2", "3")
    assert len(state.versions()) == 3


def test_two_concurrent_tries_of_one_run_create_nothing_twice(released_cloud: LocalCloud) -> None:
    assert _together("second", "second") == []
    state = CloudState(released_cloud)
    assert state.problems() == []
    assert state.champion() == "2"
    assert len(state.versions()) == 2
