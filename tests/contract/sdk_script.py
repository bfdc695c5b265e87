"""A program that knows nothing of localgcp: Google's high-level SDKs only, with what their documentation shows.

Run as `python -m localgcp run -- python tests/contract/sdk_script.py`. The endpoint of Vertex AI is the one value that
the SDK does not read from the environment by itself.
"""

import contextlib
import os
import sys
import uuid

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, bigquery, storage
from google.cloud.aiplatform import hyperparameter_tuning as hpt

_PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]
_ENDPOINT = os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"].rstrip("/")
_BUCKET = f"sdk-{uuid.uuid4().hex[:8]}"

# A trial of the standard library alone: the best x is 3.
_TRIAL = """
import argparse, json, os, time
flags = argparse.ArgumentParser()
flags.add_argument("--x", type=float)
x = flags.parse_args().x
score = {"score": str(-((x - 3) ** 2)), "global_step": "1"}
record = {"timestamp": time.time(), "trial": os.environ["CLOUD_ML_TRIAL_ID"], **score}
os.makedirs(os.path.dirname(os.environ["CLOUD_ML_HP_METRIC_FILE"]), exist_ok=True)
with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w") as file:
    file.write(json.dumps(record, sort_keys=True) + "\\n")
"""


def _pool(script: str) -> list[dict[str, object]]:
    container = {"image_uri": "python:3.11-slim", "command": ["python", "-c", script], "args": []}
    return [{"machine_spec": {"machine_type": "n1-standard-4"}, "replica_count": 1, "container_spec": container}]


def store_and_query() -> None:
    """Upload rows, load them, query them with a parameter, export them."""
    bucket = storage.Client().create_bucket(_BUCKET)
    bucket.blob("rows.csv").upload_from_string("name,size\noak,3\nfir,5\n")
    client = bigquery.Client(project=_PROJECT, credentials=AnonymousCredentials())
    client.create_dataset("forest")
    config = bigquery.LoadJobConfig(
        source_format="CSV",
        skip_leading_rows=1,
        schema=[bigquery.SchemaField("name", "STRING"), bigquery.SchemaField("size", "INT64")],
    )
    client.load_table_from_uri(f"gs://{_BUCKET}/rows.csv", "forest.trees", job_config=config).result()
    parameters = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("least", "INT64", 4)])
    rows = list(client.query("SELECT name FROM forest.trees WHERE size >= @least", job_config=parameters).result())
    assert [row["name"] for row in rows] == ["fir"]
    client.extract_table("forest.trees", f"gs://{_BUCKET}/out/*.csv").result()
    assert len(list(bucket.list_blobs(prefix="out/"))) == 1


def train() -> None:
    """Run a custom job, cancel another."""
    labels = {"team": "forest"}
    job = aiplatform.CustomJob(display_name="hello", worker_pool_specs=_pool("print('hello')"), labels=labels)
    job.run()
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    found = aiplatform.CustomJob.list(filter='labels.team="forest" AND state="JOB_STATE_SUCCEEDED"')
    assert [item.resource_name for item in found] == [job.resource_name]

    endless = aiplatform.CustomJob(display_name="endless", worker_pool_specs=_pool("import time; time.sleep(600)"))
    endless.submit()
    endless.cancel()
    with contextlib.suppress(RuntimeError):
        endless._block_until_complete()
    assert endless.state.name == "JOB_STATE_CANCELLED"
    endless.delete()


def tune() -> None:
    """Tune, and read the trials."""
    job = aiplatform.HyperparameterTuningJob(
        display_name="tune",
        custom_job=aiplatform.CustomJob(display_name="trial", worker_pool_specs=_pool(_TRIAL)),
        metric_spec={"score": "maximize"},
        parameter_spec={"x": hpt.DoubleParameterSpec(min=0, max=6, scale="linear")},
        max_trial_count=8,
        parallel_trial_count=2,
        labels={"team": "forest"},
    )
    job.run()
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    assert sorted(int(trial.id) for trial in job.trials) == list(range(1, 9))
    best = max(job.trials, key=lambda trial: trial.final_measurement.metrics[0].value)
    assert abs(best.parameters[0].value - 3) < 2
    found = aiplatform.HyperparameterTuningJob.list(filter="labels.team=forest")
    assert [item.resource_name for item in found] == [job.resource_name]
    job.delete()
    assert aiplatform.HyperparameterTuningJob.list() == []


if __name__ == "__main__":
    store_and_query()
    aiplatform.init(
        project=_PROJECT,
        location="europe-west1",
        staging_bucket=f"gs://{_BUCKET}",
        api_endpoint=_ENDPOINT,
        api_transport="rest",
        credentials=AnonymousCredentials(),
    )
    train()
    tune()
    sys.stdout.write("the SDKs are content\n")
