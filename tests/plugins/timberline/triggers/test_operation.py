"""The trigger fires once, says why, and is rebuilt from its arguments."""

import asyncio
import json
import time
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.endpoints import EndpointsHook
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings
from timberline.triggers.operation import OperationTrigger


def _trigger(**changes: Any) -> OperationTrigger:
    arguments = {
        "operation": "projects/p/locations/l/endpoints/e/operations/1",
        "project": "test-project",
        "region": "europe-west1",
        "gcp_conn_id": "mine",
        "impersonation_chain": ("a", "b"),
        "deadline_s": 5.0,
        "pause_s": 0.01,
    }
    return OperationTrigger(**(arguments | changes))


async def _event(trigger: OperationTrigger) -> Any:
    events: list[TriggerEvent] = [event async for event in trigger.run()]
    assert len(events) == 1
    return events[0].payload


def test_serialized_form_is_a_wire_format() -> None:
    assert _trigger().serialize() == (
        "timberline.triggers.operation.OperationTrigger",
        {
            "operation": "projects/p/locations/l/endpoints/e/operations/1",
            "project": "test-project",
            "region": "europe-west1",
            "gcp_conn_id": "mine",
            "impersonation_chain": ["a", "b"],
            "deadline_s": 5.0,
            "pause_s": 0.01,
        },
    )


def test_a_trigger_is_rebuilt_from_its_arguments() -> None:
    _, arguments = _trigger().serialize()
    rebuilt = OperationTrigger(**json.loads(json.dumps(arguments)))
    assert rebuilt.serialize()[1] == arguments


def test_a_passed_deadline_ends_the_wait_and_is_handed_back() -> None:
    event = asyncio.run(_event(_trigger()))
    assert event == {
        "reason": "deadline",
        "operation": "projects/p/locations/l/endpoints/e/operations/1",
        "deadline_s": 5.0,
    }


def test_an_operation_that_is_not_known_is_waited_for_one_pause() -> None:
    event = asyncio.run(_event(_trigger(operation=None, deadline_s=time.time() + 600)))
    assert (event["reason"], event["operation"]) == ("finished", None)


def _made(settings: Settings, run: RunIdentity) -> str:
    """Return the operation of an endpoint that was made."""
    hook = EndpointsHook(settings.project, settings.region, CONNECTION)
    started = hook.client.create_endpoint(
        parent=f"projects/{settings.project}/locations/{settings.region}",
        endpoint={"display_name": "e"},  # type: ignore[arg-type]
        endpoint_id=f"e-{short_hash(run.run_id)}",
    )
    return str(started.operation.name)


@pytest.mark.parametrize("is_away", [False, True])
def test_the_end_of_an_operation_is_told_even_if_the_service_is_away_for_a_while(
    is_away: bool, settings: Settings, localgcp: LocalCloud, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.0)
    operation = _made(settings, run)
    method = "aiplatform.projects.locations.endpoints.operations.get"
    fault = localgcp.add_fault(method, "error", status=503, count=7) if is_away else None
    event = asyncio.run(_event(_trigger(operation=operation, deadline_s=time.time() + 600)))
    assert (event["reason"], event["operation"]) == ("finished", operation)
    assert fault is None or localgcp.fault_is_consumed(fault)


def test_an_operation_that_cannot_be_seen_ends_the_wait_with_the_reason(
    settings: Settings, localgcp: LocalCloud, run: RunIdentity
) -> None:
    operation = _made(settings, run)
    localgcp.add_fault("aiplatform.projects.locations.endpoints.operations.get", "error", status=403)
    event = asyncio.run(_event(_trigger(operation=operation, deadline_s=time.time() + 600)))
    assert event["reason"] == "error"
    assert "403" in event["message"]
