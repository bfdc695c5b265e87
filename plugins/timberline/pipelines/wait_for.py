"""Waiting for the jobs that one step submitted."""

from typing import Any

from airflow.sdk import TriggerRule

from timberline.sensors.jobs import JobsSensor

JOB_TIMEOUT_S = 2 * 3600
"""Jobs that have not ended this long after their submission are cancelled."""


def wait_for(step: str, jobs: Any, *, segment_label: str, **changes: Any) -> JobsSensor:
    """Return the task `wait_<step>`, which waits until all jobs of a step have ended.

    A failed job does not affect its siblings: the task succeeds if at least one job does, and returns the successful
    ones. The report decides at the end whether enough segments succeeded.

    Args:
        step: the task id of the step that submitted the jobs.
        jobs: what the step returned.
        segment_label: what messages call a segment.
        changes: further arguments of `JobsSensor`, e.g. `fail_fast`.
    """
    arguments: dict[str, Any] = {
        "job_timeout_s": JOB_TIMEOUT_S,
        "min_success": 1,
        "trigger_rule": TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    }
    return JobsSensor(task_id=f"wait_{step}", jobs=jobs, segment_label=segment_label, **(arguments | changes))
