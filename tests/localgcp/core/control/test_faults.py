"""Failures on request."""

import threading

import pytest

from localgcp.core.control.faults import Action, ConnectionDropped, Fault, Faults, inject
from localgcp.core.conventions.errors import ApiError

METHOD, OTHER = "storage.objects.get", "storage.objects.list"


@pytest.fixture
def faults() -> Faults:
    return Faults({METHOD, OTHER})


def test_fault_happens_as_often_as_requested(faults: Faults) -> None:
    fault = faults.add({"method": METHOD, "action": "error", "count": 2})
    assert [faults.take(METHOD) for _ in range(3)] == [fault, fault, None]
    assert faults.get(fault.id).remaining == 0


def test_fault_happens_on_its_own_method_alone(faults: Faults) -> None:
    fault = faults.add({"method": METHOD, "action": "error"})
    assert faults.take(OTHER) is None
    assert faults.get(fault.id).remaining == 1


def test_oldest_fault_of_a_method_goes_first(faults: Faults) -> None:
    asked = [faults.add({"method": METHOD, "action": "error", "status": status}) for status in (503, 429)]
    assert [faults.take(METHOD), faults.take(METHOD)] == asked


def test_cleared_faults_do_not_happen(faults: Faults) -> None:
    fault = faults.add({"method": METHOD, "action": "error"})
    faults.clear()
    assert faults.take(METHOD) is None
    with pytest.raises(ApiError, match=fault.id) as caught:
        faults.get(fault.id)
    assert caught.value.code == 404


def test_threads_share_the_remaining_faults(faults: Faults) -> None:
    faults.add({"method": METHOD, "action": "error", "count": 50})
    taken: list[Fault | None] = []
    threads = [threading.Thread(target=lambda: taken.extend(faults.take(METHOD) for _ in range(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fault is not None for fault in taken) == 50


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"method": "storage.object.get"}, "storage.object.get"),
        ({"method": None}, "None"),
        ({"action": "explode"}, "explode"),
        ({"action": None}, "action"),
        ({"action": ["error"]}, "action"),
        ({"colour": "red"}, "colour"),
        ({"status": "often"}, "status"),
        ({"status": 200}, "status"),
        ({"count": 0}, "count"),
        ({"count": True}, "count"),
        ({"seconds": -1}, "seconds"),
        ({"appliesFirst": "false"}, "appliesFirst"),
    ],
)
def test_wrong_fault_is_a_400_that_names_the_field(faults: Faults, fields: dict, named: str) -> None:
    with pytest.raises(ApiError, match=named) as caught:
        faults.add({"method": METHOD, "action": "error"} | fields)
    assert caught.value.code == 400


def test_json_shows_every_field(faults: Faults) -> None:
    raw = {"method": METHOD, "action": "stall", "appliesFirst": True, "status": 500, "seconds": 0.5, "count": 3}
    fault = faults.add(raw)
    shown = {**raw, "remaining": 3, "id": fault.id}
    del shown["count"]
    assert fault.to_json() == shown


@pytest.mark.parametrize(("status", "name"), [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE"), (418, "UNKNOWN")])
def test_error_answers_with_its_status(status: int, name: str) -> None:
    with pytest.raises(ApiError, match=METHOD) as caught:
        inject(Fault(id="f", method=METHOD, action=Action.ERROR, status=status))
    assert (caught.value.code, caught.value.status) == (status, name)


def test_drop_asks_for_a_cut_connection() -> None:
    with pytest.raises(ConnectionDropped):
        inject(Fault(id="f", method=METHOD, action=Action.DROP))


def test_stall_waits_and_lets_the_call_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("localgcp.core.control.faults.time.sleep", waited.append)
    inject(Fault(id="f", method=METHOD, action=Action.STALL, seconds=7.5))
    assert waited == [7.5]
