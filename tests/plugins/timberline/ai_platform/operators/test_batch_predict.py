"""A v1 batch prediction runs once, with the version that v1 would have taken."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.ai_platform.job_ids import job_label
from timberline.ai_platform.operators.batch_predict import MLEngineStartBatchPredictionJobOperator
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobRef
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings

_CREATE = "aiplatform.projects.locations.batchPredictionJobs.create"
_ROWS = [[1, "a"], {"b": 2}]


@pytest.fixture(scope="module")
def made() -> set[str]:
    """The names of the models that all tests predict with."""
    return set()


@pytest.fixture
def trees(localgcp: LocalCloud, settings: Settings, made: set[str]) -> V1Model:
    """A model with two versions, of which v01 is the default one; made once."""
    model = V1Model(settings, "trees")
    if model.name not in made:
        model.create()
        model.add("v01")
        model.add("v02", "2")
        made.add(model.name)
    return model


@pytest.fixture
def jobs(settings: Settings, localgcp: LocalCloud) -> VertexJobsHook:
    return VertexJobsHook(settings.project, settings.region, CONNECTION)


@pytest.fixture
def rows(settings: Settings, run: RunIdentity) -> str:
    """A file of instances."""
    name = f"{short_hash(run.run_id)}/rows.jsonl"
    bucket = StorageHook(settings.project, settings.region, CONNECTION).client.bucket(settings.bucket)
    bucket.blob(name).upload_from_string("".join(f"{json.dumps(row)}\n" for row in _ROWS))
    return f"gs://{settings.bucket}/{name}"


@pytest.fixture
def operator(rows: str, run: RunIdentity, trees: V1Model) -> Callable[..., MLEngineStartBatchPredictionJobOperator]:
    """Makes operators that do not wait, unless they are told to."""

    def make(**changes: Any) -> MLEngineStartBatchPredictionJobOperator:
        arguments = {
            "job_id": f"batch-{short_hash(run.run_id)}",
            "data_format": "JSON",
            "input_paths": rows,
            "output_path": rows.replace("rows.jsonl", "out"),
            "model_name": trees.name,
            "wait_for_completion": False,
            "deferrable": False,
            **changes,
        }
        return MLEngineStartBatchPredictionJobOperator(task_id="batch", **arguments)

    return make


@pytest.fixture
def start(operator: Callable[..., Any], run: RunIdentity) -> Callable[..., dict[str, Any]]:
    return lambda **changes: dict(operator(**changes).execute(context_of(run)))


def _job(jobs: VertexJobsHook, returned: dict[str, Any]) -> Any:
    return jobs.client.get_batch_prediction_job(name=JobRef.from_json(returned).name)


def _ended(jobs: VertexJobsHook, ref: JobRef) -> None:
    wait_until(lambda: status_of(jobs, ref), lambda status: status.state.is_final)


@pytest.mark.parametrize(
    ("version", "number", "answering"), [(None, "1", "v01"), ("v02", "2", "v02")], ids=["by model", "by version"]
)
def test_a_job_that_is_waited_for_answers_as_v1_did(
    version: str | None,
    number: str,
    answering: str,
    operator: Callable[..., Any],
    run: RunIdentity,
    jobs: VertexJobsHook,
    settings: Settings,
) -> None:
    job = dict(operator(version_name=version).execute(context_of(run)))
    _ended(jobs, JobRef.from_json(job))
    output = operator(version_name=version, wait_for_completion=True).execute(context_of(run))
    assert (output["predictionCount"], output["errorCount"]) == ("2", "0")
    assert _job(jobs, job).model_version_id == number
    storage = StorageHook(settings.project, settings.region, CONNECTION)
    (file,) = [name for name in storage.names(output["outputPath"]) if "prediction.results" in name]
    found = [json.loads(line) for line in storage.read_text(file).splitlines()]
    assert [each["instance"] for each in found] == _ROWS
    assert {each["prediction"]["model"] for each in found} == {answering}


def test_a_job_that_is_not_waited_for_is_returned_as_a_reference(
    start: Callable[..., Any], run: RunIdentity, jobs: VertexJobsHook
) -> None:
    ref = JobRef.from_json(start())
    assert (ref.kind, ref.step, ref.segment, ref.run_key) == (JobKind.BATCH, "batch", "all", run.run_key)
    _ended(jobs, ref)


def test_the_job_is_what_the_parameters_say(start: Callable[..., Any], run: RunIdentity, jobs: VertexJobsHook) -> None:
    job = _job(jobs, start(max_worker_count="2", labels={"Team": "Forest"}, input_paths=["gs://a/1", "gs://a/2"]))
    job_id = f"batch_{short_hash(run.run_id)}"
    assert job.display_name == job_id
    assert list(job.input_config.gcs_source.uris) == ["gs://a/1", "gs://a/2"]
    assert job.dedicated_resources.max_replica_count == 2
    labels = {"team": "forest", **job_label(job_id), **run.labels("batch", "all"), "timberline-attempt": "1"}
    assert dict(job.labels) == labels


def test_submitting_twice_gives_one_job(start: Callable[..., Any], localgcp: LocalCloud, jobs: VertexJobsHook) -> None:
    before = len(localgcp.requests(_CREATE))
    fault = localgcp.add_fault(_CREATE, "drop", appliesFirst=True)
    first = start()
    assert localgcp.fault_is_consumed(fault)
    assert start() == first
    assert len(localgcp.requests(_CREATE)) == before + 1


def test_the_id_of_another_run_is_refused(start: Callable[..., Any], operator: Callable[..., Any]) -> None:
    name = start()["name"]
    with pytest.raises(AirflowFailException, match=f"jobId: expected one that is not used yet, .*, which {name} has"):
        operator().execute(context_of(RunIdentity("test_dag", "another")))


def test_a_job_that_failed_while_the_task_was_deferred_is_told_and_not_submitted_again(
    operator: Callable[..., Any], run: RunIdentity, jobs: VertexJobsHook, localgcp: LocalCloud, settings: Settings
) -> None:
    missing = f"gs://{settings.bucket}/none.jsonl"
    job = dict(operator(input_paths=missing).execute(context_of(run)))
    _ended(jobs, JobRef.from_json(job))
    before = len(localgcp.requests(_CREATE))
    task = operator(input_paths=missing, wait_for_completion=True, deferrable=True)
    with pytest.raises(AirflowFailException, match=missing):
        task.execute_complete(context_of(run), {"reason": "finished"}, job=job)
    assert len(localgcp.requests(_CREATE)) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_name": "nobody"}, "model_name nobody: expected a default version, found none; create it first"),
        ({"version_name": "v09"}, "model_name trees: expected the version 'v09', found none"),
        ({"model_name": "a-b"}, "model_name: expected 1 to 128 letters"),
        ({"model_name": "a/b"}, "predictionInput.modelName: expected projects/PROJECT/models/MODEL"),
        ({"model_name": None}, "expected exactly one of modelName, versionName, uri, found none"),
        ({"uri": "gs://b/m"}, "expected exactly one of modelName, versionName, uri, found modelName, uri"),
        ({"model_name": None, "version_name": "v01"}, "version_name v01: expected a model_name too, found none"),
        ({"data_format": "XML"}, "predictionInput.dataFormat: unknown value 'XML'; expected one of"),
        ({"input_paths": "rows.jsonl"}, r"predictionInput.inputPaths\[0\]: expected a gs:// path, found rows.jsonl"),
        ({"output_path": "/tmp"}, "predictionInput.outputPath: expected a gs:// path, found /tmp"),
        ({"max_worker_count": 0}, "predictionInput.maxWorkerCount: expected 1 or more, found 0"),
        ({"signature_name": "other"}, "predictionInput.signatureName: expected serving_default"),
        ({"labels": {"": "x"}}, "labels: expected keys with a letter"),
        ({"region": "us-east1"}, "region: expected europe-west1"),
        ({"job_id": ""}, "job_id: expected 1 to 128 letters"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_no_job(
    changes: dict[str, Any], words: str, start: Callable[..., Any], localgcp: LocalCloud
) -> None:
    before = len(localgcp.requests(_CREATE))
    with pytest.raises(AirflowFailException, match=words):
        start(**changes)
    assert len(localgcp.requests(_CREATE)) == before
