"""The arguments that DAGs of this repository share."""

from datetime import timedelta
from typing import Any

from timberline.notifiers.alert import AlertNotifier


def task_defaults(**changes: Any) -> dict[str, Any]:
    """Return the `default_args` of a DAG: owner, retries, a deadline, and an alert when a task fails.

    Args:
        changes: arguments that replace or complete the defaults.
    """
    defaults = {
        "owner": "ml-platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": AlertNotifier(),
    }
    return defaults | changes


def training_defaults() -> dict[str, Any]:
    """Return the arguments that every training pipeline passes to `DAG`. Templates render to Python values."""
    return {
        "max_active_runs": 1,  # two promotions of one model must not overlap
        "render_template_as_native_obj": True,
        "dagrun_timeout": timedelta(hours=8),
        "default_args": task_defaults(),
    }
