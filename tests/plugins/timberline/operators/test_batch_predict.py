"""A batch prediction job is submitted once, and waited for as the others are."""

import json
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from tests.plugins.timberline.released import SEGMENT, TRAINED, Pipeline
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState
from timberline.operators.batch_predict import BatchPredictOperator
from timberline.release.results import Challenger
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.sensors.jobs import JobsSensor


def _submit(run: RunIdentity, challenger: Challenger, source: str, destination: str) -> JobRef:
    operator = BatchPredictOperator(
        task_id="batch",
        model=challenger.to_json(),
        source=source,
        destination=destination,
        job_file="tiny.yaml",
        segment=SEGMENT,
    )
    return JobRef.from_json(operator.execute(context_of(run)))


def _rows(pipeline: Pipeline, count: int = 3) -> tuple[str, str]:
    """Return where the rows are and where the predictions go."""
    bucket = pipeline.settings.bucket
    storage = StorageHook(pipeline.settings.project, pipeline.settings.region, CONNECTION)
    source = f"gs://{bucket}/{pipeline.dag_id}/rows.jsonl"
    text = "".join(json.dumps({"Elevation": 2500 + number}) + "\n" for number in range(count))
    storage.client.bucket(bucket).blob(source.removeprefix(f"gs://{bucket}/")).upload_from_string(text)
    return source, f"gs://{bucket}/{pipeline.dag_id}/out"


def _ended(pipeline: Pipeline, ref: JobRef) -> JobStatus:
    hook = VertexJobsHook(pipeline.settings.project, pipeline.settings.region, CONNECTION)
    return wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)


def test_all_rows_are_predicted_and_the_sensor_sees_the_end(pipeline: Pipeline) -> None:
    source, destination = _rows(pipeline)
    run = pipeline.run("1")
    ref = _submit(run, pipeline.registered("1"), source, destination)
    assert (ref.kind, ref.step, ref.segment) == (JobKind.BATCH, "batch", SEGMENT)
    status = _ended(pipeline, ref)
    assert (status.state, status.error) == (JobState.SUCCEEDED, "")
    sensor = JobsSensor(task_id="wait", jobs=ref.to_json(), job_timeout_s=600, deferrable=False)
    poked: Any = sensor.poke(context_of(run))
    assert poked.xcom_value == [ref.to_json()]
    storage = StorageHook(pipeline.settings.project, pipeline.settings.region, CONNECTION)
    (uri,) = [name for name in storage.names(destination) if "prediction.results" in name]
    bucket = pipeline.settings.bucket
    text = storage.client.bucket(bucket).blob(uri.removeprefix(f"gs://{bucket}/")).download_as_text()
    found = [json.loads(line) for line in text.splitlines()]
    assert [each["prediction"]["probability"] for each in found] == [TRAINED] * 3


def test_submitting_twice_gives_one_job(pipeline: Pipeline, cloud: LocalCloud) -> None:
    source, destination = _rows(pipeline)
    challenger = pipeline.registered("1")
    fault = cloud.add_fault("aiplatform.projects.locations.batchPredictionJobs.create", "drop", appliesFirst=True)
    first = _submit(pipeline.run("1"), challenger, source, destination)
    assert cloud.fault_is_consumed(fault)
    assert _submit(pipeline.run("1"), challenger, source, destination) == first
    assert _ended(pipeline, first).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("rows.jsonl", "gs://b/out", "source: expected bq://... or gs://..., found 'rows.jsonl'"),
        ("gs://b/rows", "/tmp", "destination: expected bq://... or gs://..., found '/tmp'"),
    ],
)
def test_an_address_that_is_none_is_refused(source: str, destination: str, words: str, pipeline: Pipeline) -> None:
    challenger = Challenger(segment=SEGMENT, model="m", version="1", artifact_uri="", metrics={})
    with pytest.raises(AirflowFailException, match=words):
        _submit(pipeline.run("1"), challenger, source, destination)
