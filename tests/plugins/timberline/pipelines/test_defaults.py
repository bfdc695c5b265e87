"""DAGs share an owner, retries, deadlines and alerts."""

from datetime import timedelta

from timberline.notifiers.alert import AlertNotifier
from timberline.pipelines.defaults import task_defaults, training_defaults


def test_a_failed_task_is_retried_and_alerted() -> None:
    defaults = task_defaults()
    assert defaults["retries"] == 2
    assert isinstance(defaults["on_failure_callback"], AlertNotifier)


def test_a_dag_can_change_a_default() -> None:
    assert task_defaults(execution_timeout=timedelta(minutes=10))["execution_timeout"] == timedelta(minutes=10)


def test_two_runs_of_a_training_pipeline_never_overlap() -> None:
    assert training_defaults()["max_active_runs"] == 1
