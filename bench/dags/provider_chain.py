"""The main DAG's chain of tasks, from the Google provider's operators as far as they exist; parsed, never run."""

from airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator
from airflow.providers.google.cloud.operators.cloud_build import CloudBuildCreateBuildOperator
from airflow.providers.google.cloud.operators.vertex_ai.custom_job import CreateCustomContainerTrainingJobOperator
from airflow.providers.google.cloud.operators.vertex_ai.hyperparameter_tuning_job import (
    CreateHyperparameterTuningJobOperator,
)
from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator
from airflow.sdk import DAG

_COVER_TYPES = range(1, 8)

with DAG("provider_chain", schedule=None) as dag:
    load = GCSToBigQueryOperator(
        task_id="load",
        bucket="bucket",
        source_objects=["rows.csv"],
        destination_project_dataset_table="project.dataset.rows",
    )
    split = BigQueryInsertJobOperator(task_id="split", configuration={"query": {"query": "SELECT 1"}})
    build = CloudBuildCreateBuildOperator(task_id="build", build={"steps": []})
    load >> split >> build
    for cover_type in _COVER_TYPES:
        tune = CreateHyperparameterTuningJobOperator(
            task_id=f"tune_{cover_type}",
            region="europe-west1",
            project_id="project",
            display_name="tune",
            staging_bucket="gs://bucket",
            worker_pool_specs=[],
            parameter_spec={},
            metric_spec={},
            max_trial_count=6,
            parallel_trial_count=2,
        )
        retrain = CreateCustomContainerTrainingJobOperator(
            task_id=f"retrain_{cover_type}",
            region="europe-west1",
            project_id="project",
            display_name="retrain",
            staging_bucket="gs://bucket",
            container_uri="image",
        )
        build >> tune >> retrain
