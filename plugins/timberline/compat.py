"""Every difference between Airflow versions that the package has to know."""

import asyncio
from collections.abc import Sequence
from typing import Any


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

        states = await asyncio.to_thread(
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
