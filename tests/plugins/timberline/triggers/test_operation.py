"""The trigger fires once, says why, and is rebuilt from its arguments."""

import asyncio
import json
import time
from typing import Any

from airflow.triggers.base import TriggerEvent

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
