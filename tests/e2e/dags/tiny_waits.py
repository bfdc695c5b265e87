"""The part of a pipeline that waits: the tiny trainer's image, its tuning jobs, and the sensor that watches them."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.operators.submit_jobs import SubmitTuningJobOperator
from timberline.sensors.jobs import JobsSensor

with DAG(
    dag_id="tiny_waits",
    schedule=None,
    params={"preset": Param("full", type="string"), "trials": Param(1, type="integer")},
    render_template_as_native_obj=True,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
):
    build = BuildTrainerImageOperator(task_id="build", trainer="tiny")
    tune = SubmitTuningJobOperator.partial(
        task_id="tune",
        job_file="tiny.yaml",
        preset="{{ params.preset }}",
        max_trial_count="{{ params.trials }}",
        image_uri=build.output,
        split_uris={name: f"gs://nowhere/{name}" for name in ("train", "validation", "test")},
    ).expand(segment=["1"])
    JobsSensor(task_id="wait_tune", jobs=tune.output, job_timeout_s=3600, min_success=1)
