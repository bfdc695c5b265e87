"""All pipelines wait for jobs in the same way."""

from airflow.sdk import TriggerRule

from timberline.pipelines.wait_for import JOB_TIMEOUT_S, wait_for


def test_a_wait_is_named_after_its_step_and_lets_segments_fail_alone() -> None:
    sensor = wait_for("tune", [], segment_label="cover type")
    assert sensor.task_id == "wait_tune"
    assert (sensor.min_success, sensor.fail_fast, sensor.segment_label) == (1, False, "cover type")
    assert sensor.job_timeout_s == JOB_TIMEOUT_S
    assert sensor.trigger_rule == TriggerRule.ALL_DONE_MIN_ONE_SUCCESS


def test_other_arguments_of_the_sensor_win() -> None:
    sensor = wait_for("score", [], segment_label="model", fail_fast=True, job_timeout_s=60)
    assert (sensor.fail_fast, sensor.job_timeout_s) == (True, 60)
