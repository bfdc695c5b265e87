"""Every difference between Airflow versions that the package must know."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from airflow import __version__

AIRFLOW_VERSION: Final = tuple(int(part) for part in __version__.split(".")[:2])
# From 3.3 on Airflow calls `on_kill` of a trigger when a person ends a deferred task.
HAS_TRIGGER_ON_KILL: Final = AIRFLOW_VERSION >= (3, 3)

if TYPE_CHECKING or AIRFLOW_VERSION < (3, 3):
    from airflow.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSkipException,
        AirflowTaskTimeout,
        TaskDeferred,
    )
else:  # importing airflow.exceptions warns from 3.3 on
    from airflow.sdk.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSkipException,
        AirflowTaskTimeout,
        TaskDeferred,
    )

__all__ = [
    "AIRFLOW_VERSION",
    "HAS_TRIGGER_ON_KILL",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "TaskDeferred",
    "all_results",
    "given",
    "in_thread",
    "results_of",
    "task_is_still_deferred",
]

_Result = TypeVar("_Result")


async def in_thread(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    """Call a function in a thread that may ask Airflow for a connection or for a task's state.

    A plain thread (`asyncio.to_thread`) must not ask Airflow: it would read the answers that the triggerer's own loop
    waits for, and the triggerer would end with all its triggers.
    """
    from asgiref.sync import sync_to_async

    return await sync_to_async(function, thread_sensitive=False)(*args, **kwargs)


async def task_is_still_deferred(task_instance: Any) -> bool:
    """Return whether the task of a cancelled trigger still waits for the trigger. Airflow before 3.3 needs this.

    The task still waits when the triggerer itself stops: another triggerer takes the trigger over. The task does not
    wait any more when a person marked or cleared it. Without an answer from Airflow the task counts as waiting: a job
    that goes on can be cancelled later, a cancelled job is lost.
    """
    if task_instance is None:
        return True
    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        states = await in_thread(
            RuntimeTaskInstance.get_task_states,
            dag_id=task_instance.dag_id,
            task_ids=[task_instance.task_id],
            run_ids=[task_instance.run_id],
            map_index=task_instance.map_index,
        )
        found = states[task_instance.run_id]
    except Exception:  # a triggerer that shuts down may raise anything
        return True
    # The answer has one task instance; for a mapped task its key contains the index.
    return any(str(state) == "deferred" for state in found.values())


def all_results(results: Sequence[Any]) -> list[Any]:
    """Return the results of all instances of a mapped task as a list; a plain sequence is returned as a list too.

    Airflow passes a lazy sequence. A slice of the sequence costs one call. Iterating costs one call per element and one
    more call that fails, which Airflow 3.1 logs as an error.
    """
    return list(results[:])


def given(results: Any) -> list[Any]:
    """Return the results of steps as a list, without the steps that failed, were skipped or never started."""
    return [] if results is None else [each for each in all_results(results) if each]


def results_of(task_id: str, key: str = "return_value") -> str:
    """Return a template whose value is the list of results of a task in a mapped group.

    A reference to the task's output would ask for each instance alone, and Airflow 3.1 logs an error for every instance
    without a result.
    """
    return f"{{{{ ti.xcom_pull(task_ids=['{task_id}'], key='{key}') }}}}"
