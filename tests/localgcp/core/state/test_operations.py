"""Long-running operations."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localgcp.core.conventions.errors import ApiError, failed_precondition
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State

_PARENT = "projects/p/locations/l"
_METADATA = {"@type": "type.googleapis.com/x.Metadata"}
_RESPONSE = {"@type": "type.googleapis.com/x.Response", "value": 1}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State(tmp_path)
    yield state
    state.close()


def test_operation_runs_until_it_succeeds(state: State) -> None:
    operations = Operations(state)
    name = operations.create(_PARENT, _METADATA)["name"]
    assert name.startswith(f"{_PARENT}/operations/")
    assert operations.get(name)["done"] is False
    operations.succeed(name, _RESPONSE)
    found = operations.get(name)
    assert found["done"] is True
    assert found["response"] == _RESPONSE
    assert found["metadata"] == _METADATA


def test_operation_is_owned_by_the_api_of_its_metadata_and_an_unknown_one_by_any(state: State) -> None:
    operations = Operations(state)
    name = operations.create(_PARENT, _METADATA)["name"]
    for package, is_owner in (("x", True), ("y", False)):
        assert operations.of(package)({"name": name}) is is_owner
        assert operations.of(package)({"name": f"{name}0"})


def test_failed_operation_carries_the_canonical_code(state: State) -> None:
    operations = Operations(state)
    name = operations.create(_PARENT, _METADATA, operation_id="op-1")["name"]
    operations.fail(name, failed_precondition("the job is not running"))
    assert operations.get(name)["error"] == {"code": 9, "message": "the job is not running"}


def test_an_operation_that_was_not_ended_is_open_after_a_restart(state: State) -> None:
    name = Operations(state).create(_PARENT, _METADATA)["name"]
    assert Operations(state).get(name)["done"] is False


def test_unknown_operation_is_a_404_by_name(state: State) -> None:
    with pytest.raises(ApiError, match="Operation projects/p/x not found") as caught:
        Operations(state).get("projects/p/x")
    assert caught.value.code == 404


def test_names_are_unique(state: State) -> None:
    operations = Operations(state)
    assert len({operations.create(_PARENT, _METADATA)["name"] for _ in range(200)}) == 200


def test_text_is_rfc_3339_in_utc() -> None:
    assert CLOCK.text().endswith("Z")
    assert datetime.fromisoformat(CLOCK.text()).tzinfo == UTC
