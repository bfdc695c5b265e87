"""What differs between versions of Airflow."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from timberline.run import compat


def _task_states(found: object) -> Callable[..., object]:
    def get_task_states(**_where: object) -> object:
        if isinstance(found, Exception):
            raise found
        return found

    return get_task_states


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"run": {"wait": "deferred"}}, True),
        ({"run": {"wait": "failed"}}, False),
        ({"run": {"wait": None}}, False),
        ({"run": {}}, False),
        (RuntimeError("no answer"), True),
    ],
)
def test_a_task_waits_while_airflow_calls_it_deferred(
    found: object, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance.get_task_states", staticmethod(_task_states(found))
    )
    instance = SimpleNamespace(dag_id="dag", task_id="wait", run_id="run", map_index=-1)
    assert asyncio.run(compat.task_is_still_deferred(instance)) is expected


def test_what_a_trigger_calls_in_a_thread_asks_airflow_through_the_triggerers_own_loop() -> None:
    async def asked_from() -> object:
        return asyncio.get_running_loop()

    async def scenario() -> bool:
        # Airflow's client of the triggerer is asynchronous, and is called in this way where a call is not.
        return await compat.in_thread(lambda: async_to_sync(asked_from)()) is asyncio.get_running_loop()

    assert asyncio.run(scenario())


class _LazyResults(list[Any]):
    """Fails when it is iterated, as Airflow's sequence does at its end."""

    def __iter__(self) -> Any:
        raise AssertionError("one call per element")


def test_the_results_of_a_mapped_task_are_read_by_one_slice() -> None:
    assert compat.all_results(_LazyResults([1, 2])) == [1, 2]


@pytest.mark.parametrize(("results", "expected"), [(None, []), ([], []), ([None, {"a": 1}, {}], [{"a": 1}])])
def test_steps_without_a_result_are_left_out(results: Any, expected: list[Any]) -> None:
    assert compat.given(results) == expected


def test_the_template_for_the_results_of_a_group_pulls_a_list() -> None:
    assert compat.results_of("release.gate", "decision") == (
        "{{ ti.xcom_pull(task_ids=['release.gate'], key='decision') }}"
    )
