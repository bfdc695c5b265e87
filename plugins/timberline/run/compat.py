"""Every difference between Airflow versions that the package has to know."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def in_thread(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    """Call a function in a thread from which it may ask Airflow, for a connection or a task's state.

    What asks from a plain thread (`asyncio.to_thread`) takes the answers that the triggerer's own loop waits for, and
    the triggerer ends with all its triggers.
    """
    from asgiref.sync import sync_to_async

    return await sync_to_async(function, thread_sensitive=False)(*args, **kwargs)


async def task_is_still_deferred(task_instance: Any) -> bool:
    """Tell, inside a cancelled trigger, whether its task still waits for it.

    It does where the triggerer itself stops: another one takes the trigger over. It does not where a person marked the
    task or cleared it. Airflow before 3.3 has no trigger callback that tells these apart. Where the answer cannot be
    had the task is taken to be waiting: a job that goes on can still be cancelled, a cancelled one is lost.
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
    except Exception:  # a triggerer that is going down answers with whatever it has left
        return True
    # The keys of mapped tasks carry the index; one task instance was asked for.
    return any(str(state) == "deferred" for state in found.values())


def all_results(results: Sequence[Any]) -> list[Any]:
    """Return what the instances of a mapped task returned, or a plain sequence, as a list.

    Airflow hands over a lazy sequence. A slice of it is one call; iterating makes one call per element, and one more
    that fails, which Airflow 3.1 logs as an error.
    """
    return list(results[:])


def given(results: Any) -> list[Any]:
    """Return what steps returned as a list, without those that returned nothing: failed, skipped or never begun."""
    return [] if results is None else [each for each in all_results(results) if each]


def results_of(task_id: str, key: str = "return_value") -> str:
    """Return the template for what the instances of a task in a mapped group returned, as a list.

    A reference to the task's output asks for each instance alone, and Airflow 3.1 logs an error for each that has none.
    """
    return f"{{{{ ti.xcom_pull(task_ids=['{task_id}'], key='{key}') }}}}"
