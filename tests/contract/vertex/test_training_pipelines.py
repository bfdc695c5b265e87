"""Training pipelines through google-cloud-aiplatform's training classes, and through the official client."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, MethodNotImplemented, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, storage
from google.cloud.aiplatform import training_jobs
from google.cloud.aiplatform_v1 import PipelineServiceClient, TrainingPipeline

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.training import TINY_TRAINER, jobs_client, parent, pool, rest, tuning_job, upload, wait_until

IMAGE = "python:3.11-slim"
SERVER = "registry.example/any/server:1"
CUSTOM = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
TUNING = "gs://google-cloud-aiplatform/schema/trainingjob/definition/hyperparameter_tuning_task_1.0.0.yaml"
ENDED = ("PIPELINE_STATE_SUCCEEDED", "PIPELINE_STATE_FAILED", "PIPELINE_STATE_CANCELLED")
# A trainer of the standard library alone: it stores its arguments as the model.
SAVE = """
import os, sys, urllib.request
bucket, _, folder = os.environ["AIP_MODEL_DIR"].removeprefix("gs://").partition("/")
url = f"{os.environ['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={folder}weights"
request = urllib.request.Request(url, " ".join(sys.argv[1:]).encode() or b"none", method="POST")
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
"""
SLEEP = "import time; time.sleep(600)"


@pytest.fixture(scope="module", autouse=True)
def _sdk(localgcp: LocalCloud) -> Iterator[None]:
    upload(localgcp, "there", b"")
    aiplatform.init(
        project=localgcp.project,
        location="europe-west1",
        staging_bucket="gs://sources",
        api_transport="rest",
        api_endpoint=localgcp.base_url,
        credentials=AnonymousCredentials(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_jobs, "_JOB_WAIT_TIME", 0.02)
        yield


def container_job(script: str, name: str = "sdk", server: str | None = SERVER) -> aiplatform.CustomContainerTrainingJob:
    return aiplatform.CustomContainerTrainingJob(
        display_name=name, container_uri=IMAGE, command=["python", "-c", script], labels={"by": "sdk"},
        model_serving_container_image_uri=server,
    )  # fmt: skip


def stored(cloud: LocalCloud, folder: str) -> list[str]:
    client = storage.Client(project=cloud.project, credentials=AnonymousCredentials())
    return [blob.name for blob in client.bucket("sources").list_blobs(prefix=folder)]


class TestTrainingClasses:
    def test_container_job_returns_the_model_that_it_saved(self, localgcp: LocalCloud) -> None:
        job = container_job(SAVE)
        model = job.run(base_output_dir="gs://sources/container", args=["--depth=3"], model_display_name="trees")
        assert (job.state.name, model.display_name, model.labels) == (ENDED[0], "trees", {"by": "sdk"})
        assert model.gca_resource.artifact_uri == "gs://sources/container/model"
        assert model.gca_resource.training_pipeline == job.resource_name
        assert stored(localgcp, "container/") == ["container/model/weights"]
        assert job.get_model().resource_name == model.resource_name

    def test_script_job_installs_what_it_packed(self, tmp_path: Path, localgcp: LocalCloud) -> None:
        script = tmp_path / "fit.py"
        script.write_text(SAVE)
        job = aiplatform.CustomTrainingJob(
            display_name="script", script_path=str(script), container_uri=IMAGE,
            model_serving_container_image_uri=SERVER,
        )  # fmt: skip
        model = job.run(base_output_dir="gs://sources/script", args=["--depth=4"], model_id="from-a-script")
        assert model.resource_name.endswith("/models/from-a-script")
        assert stored(localgcp, "script/") == ["script/model/weights"]

    def test_package_job_runs_its_module(self, tmp_path: Path, localgcp: LocalCloud) -> None:
        upload(localgcp, "packed-1.0.tar.gz", sdist(tmp_path, SAVE))
        job = aiplatform.CustomPythonPackageTrainingJob(
            display_name="package", python_package_gcs_uri="gs://sources/packed-1.0.tar.gz",
            python_module_name="packed.task", container_uri=IMAGE, model_serving_container_image_uri=SERVER,
        )  # fmt: skip
        assert job.run(base_output_dir="gs://sources/package").version_id == "1"

    def test_job_without_a_serving_container_gives_no_model(self) -> None:
        job = container_job("", server=None)
        assert job.run() is None
        assert job.state.name == ENDED[0]

    def test_second_run_uploads_a_version_of_the_model(self) -> None:
        first = container_job(SAVE).run(base_output_dir="gs://sources/first")
        second = container_job(SAVE).run(
            base_output_dir="gs://sources/second", parent_model=first.resource_name, is_default_version=False,
            model_version_aliases=["newest"],
        )  # fmt: skip
        assert (second.resource_name, second.version_id, second.version_aliases) == (
            first.resource_name, "2", ["newest"]
        )  # fmt: skip

    def test_failed_job_raises_with_the_trainers_words(self) -> None:
        job = container_job("raise OSError('no such forest')")
        with pytest.raises(RuntimeError, match="no such forest"):
            job.run()
        assert job.has_failed

    def test_job_that_saves_no_model_fails(self) -> None:
        with pytest.raises(RuntimeError, match=r"gs://sources/nothing/model is not a folder with objects"):
            container_job("").run(base_output_dir="gs://sources/nothing")

    def test_cancelled_job_ends_its_custom_job_and_can_be_deleted(self, localgcp: LocalCloud) -> None:
        job = container_job(SLEEP, name="cancelled")
        job.submit()
        job.cancel()
        wait_until(lambda: job.state.name, lambda state: state == "PIPELINE_STATE_CANCELLED")
        assert job.error.message == "The job was cancelled."
        backing = jobs_client(localgcp).get_custom_job(name=backing_job(job.gca_resource))
        assert backing.state.name == "JOB_STATE_CANCELLED"
        job.delete()
        assert not aiplatform.CustomContainerTrainingJob.list(filter='display_name="cancelled"')

    def test_settings_reach_the_custom_job(self, localgcp: LocalCloud) -> None:
        job = container_job("", name="set", server=None)
        job.run(
            service_account="trainer@p.iam.gserviceaccount.com", network="projects/1/global/networks/n", timeout=600,
            restart_job_on_worker_restart=True, enable_web_access=True, environment_variables={"A": "b"},
            replica_count=2, boot_disk_size_gb=200,
        )  # fmt: skip
        found = jobs_client(localgcp).get_custom_job(name=backing_job(job.gca_resource))
        spec = found.job_spec
        assert (found.display_name, dict(found.labels)) == ("set-custom-job", {"by": "sdk"})
        assert (spec.service_account, spec.network) == (
            "trainer@p.iam.gserviceaccount.com", "projects/1/global/networks/n"
        )  # fmt: skip
        assert (spec.enable_web_access, spec.scheduling.timeout.seconds) == (True, 600)
        assert [item.replica_count for item in spec.worker_pool_specs] == [1, 1]
        assert spec.worker_pool_specs[1].disk_spec.boot_disk_size_gb == 200


def sdist(folder: Path, script: str) -> bytes:
    """Return a source distribution that is built without the network."""
    root = folder / "packed-1.0"
    (root / "packed").mkdir(parents=True)
    (root / "packed" / "__init__.py").touch()
    (root / "packed" / "task.py").write_text(script)
    backend = (TINY_TRAINER / "wheel_backend.py").read_text()
    for old in ("tiny_trainer", "tiny-trainer", "trainer"):
        backend = backend.replace(old, "packed")
    (root / "wheel_backend.py").write_text(backend)
    project = '[build-system]\nrequires = []\nbuild-backend = "wheel_backend"\nbackend-path = ["."]\n'
    (root / "pyproject.toml").write_text(f'{project}[project]\nname = "packed"\nversion = "1.0.0"\n')
    archive = folder / "packed-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(root, "packed-1.0")
    return archive.read_bytes()


def backing_job(pipeline: TrainingPipeline) -> str:
    return str(pipeline.training_task_metadata["backingCustomJob"])


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> PipelineServiceClient:
    return PipelineServiceClient(**rest(localgcp))


def body(script: str = "", **changes: Any) -> dict[str, Any]:
    """Return a TrainingPipeline in the words of the REST API's documentation."""
    spec = {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "n1-standard-4"},
                "replicaCount": 1,
                "containerSpec": {"imageUri": IMAGE, "command": ["python", "-c", script]},
            }
        ],
        "baseOutputDirectory": {"outputUriPrefix": "gs://sources/raw"},
    }
    return {"display_name": "raw", "training_task_definition": CUSTOM, "training_task_inputs": spec} | changes


def create(client: PipelineServiceClient, cloud: LocalCloud, pipeline: dict[str, Any]) -> TrainingPipeline:
    return client.create_training_pipeline(parent=parent(cloud), training_pipeline=pipeline)


def ends(client: PipelineServiceClient, name: str) -> TrainingPipeline:
    return wait_until(lambda: client.get_training_pipeline(name=name), lambda found: found.state.name in ENDED)


class TestResource:
    def test_new_pipeline_is_pending_and_names_its_custom_job(
        self, client: PipelineServiceClient, localgcp: LocalCloud
    ) -> None:
        created = create(client, localgcp, body())
        assert created.state.name == "PIPELINE_STATE_PENDING"
        names = [job.name for job in jobs_client(localgcp).list_custom_jobs(parent=parent(localgcp))]
        assert backing_job(created) in names
        assert created.training_task_inputs["baseOutputDirectory"]["outputUriPrefix"] == "gs://sources/raw"

    def test_pipeline_has_the_times_of_its_job(self, client: PipelineServiceClient, localgcp: LocalCloud) -> None:
        found = ends(client, create(client, localgcp, body()).name)
        job = jobs_client(localgcp).get_custom_job(name=backing_job(found))
        assert found.start_time == job.start_time
        assert found.create_time <= found.start_time <= job.end_time <= found.end_time

    @pytest.mark.parametrize(
        ("text", "is_found"),
        [
            ('display_name="filtered"', True), ("state=PIPELINE_STATE_SUCCEEDED labels.f=1", True),
            (f'labels.f=1 training_task_definition="{CUSTOM}"', True),
            ("labels.f=1 state=PIPELINE_STATE_FAILED", False),
        ],
    )  # fmt: skip
    def test_list_is_filtered(
        self, client: PipelineServiceClient, localgcp: LocalCloud, text: str, is_found: bool
    ) -> None:
        made = create(client, localgcp, body(display_name="filtered", labels={"f": "1"}))
        ends(client, made.name)
        request = {"parent": parent(localgcp), "filter": text}
        found = [pipeline.name for pipeline in client.list_training_pipelines(request=request)]
        assert (made.name in found) == is_found

    def test_running_pipeline_cannot_be_deleted(self, client: PipelineServiceClient, localgcp: LocalCloud) -> None:
        made = create(client, localgcp, body(SLEEP))
        with pytest.raises(BadRequest, match="Cancel it"):
            client.delete_training_pipeline(name=made.name)
        client.cancel_training_pipeline(name=made.name)
        assert ends(client, made.name).error.code == 1

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("JOB_STATE_PAUSED", "PIPELINE_STATE_PAUSED"),
            ("JOB_STATE_CANCELLED", "PIPELINE_STATE_CANCELLED"),
            ("JOB_STATE_EXPIRED", "PIPELINE_STATE_FAILED"),
            ("JOB_STATE_PARTIALLY_SUCCEEDED", "PIPELINE_STATE_SUCCEEDED"),
        ],
    )
    def test_pipeline_takes_the_state_of_its_job(
        self, client: PipelineServiceClient, localgcp: LocalCloud, state: str, expected: str
    ) -> None:
        made = create(client, localgcp, body(SLEEP))
        localgcp.set_state(backing_job(made), state)
        wait_until(lambda: client.get_training_pipeline(name=made.name).state.name, lambda found: found == expected)
        client.cancel_training_pipeline(name=made.name)

    def test_unknown_resource_is_not_found(self, client: PipelineServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound, match="trainingPipelines/1 does not exist"):
            client.cancel_training_pipeline(name=f"{parent(localgcp)}/trainingPipelines/1")


def test_tuning_task_uploads_the_model_of_the_best_trial(client: PipelineServiceClient, localgcp: LocalCloud) -> None:
    report = SAVE + (
        "import json, time\nx = float(sys.argv[1].partition('=')[2])\n"
        "with open(os.environ['CLOUD_ML_HP_METRIC_FILE'], 'w') as file:\n"
        "    json.dump({'timestamp': time.time(), 'global_step': '1', 'score': str(-abs(x - 0.2))}, file)\n"
    )
    job = tuning_job([], max_trial_count=3, parallel_trial_count=1)
    grid = {"parameter_id": "x", "discrete_value_spec": {"values": [0.1, 0.2, 0.3]}}
    inputs = {
        "maxTrialCount": 3,
        "parallelTrialCount": 1,
        "studySpec": {**job["study_spec"], "algorithm": "GRID_SEARCH", "parameters": [grid]},
        "trialJobSpec": body(report)["training_task_inputs"],
    }
    model = {"display_name": "best", "container_spec": {"image_uri": SERVER}}
    pipeline = body(training_task_definition=TUNING, training_task_inputs=inputs, model_to_upload=model)
    found = ends(client, create(client, localgcp, pipeline).name)
    assert found.state.name == ENDED[0], found.error.message
    assert found.model_to_upload.artifact_uri == "gs://sources/raw/2/model"
    assert "hyperparameterTuningJobs" in found.training_task_metadata["backingHyperparameterTuningJob"]


MODEL = {"display_name": "m", "container_spec": {"image_uri": SERVER}}
AUTOML = CUSTOM.replace("custom_task", "automl_tabular")
REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"display_name": ""}, BadRequest, "display_name"),
    ({"training_task_definition": ""}, BadRequest, "training_task_definition; Message: Required"),
    ({"training_task_definition": "gs://mine/task.yaml"}, BadRequest, "training_task_definition"),
    ({"training_task_definition": AUTOML}, MethodNotImplemented, "automl_tabular"),
    ({"training_task_inputs": {}}, BadRequest, "training_task_inputs"),
    (
        {"training_task_inputs": {"workerPools": []}},
        BadRequest,
        "Unknown name \"workerPools\" at 'training_task_inputs'",
    ),
    ({"training_task_inputs": {"workerPoolSpecs": [{}]}}, BadRequest, "training_task_inputs.worker_pool_specs"),
    ({"input_data_config": {"dataset_id": "1"}}, MethodNotImplemented, "input_data_config"),
    ({"model_to_upload": {"display_name": "m"}}, BadRequest, "model_to_upload.container_spec.image_uri"),
    ({"model_to_upload": {}}, BadRequest, "1.Field: model_to_upload; Message: Required"),
    ({"model_id": "m"}, BadRequest, "model_id; Message: Has no effect without model_to_upload"),
    ({"model_to_upload": MODEL, "parent_model": "projects/p/locations/l/models/none"}, NotFound, "models/none"),
    (
        {"model_to_upload": MODEL, "training_task_inputs": {"workerPoolSpecs": [pool([])]}},
        BadRequest,
        "training_task_inputs.base_output_directory",
    ),
]


@pytest.mark.parametrize(("changes", "error", "named"), REFUSED, ids=[named for _, _, named in REFUSED])
def test_wrong_pipeline_is_refused_by_field(
    client: PipelineServiceClient, localgcp: LocalCloud, changes: dict[str, Any], error: type[Exception], named: str
) -> None:
    with pytest.raises(error) as caught:
        create(client, localgcp, body(**changes))
    assert named in str(caught.value)


def test_used_model_id_is_refused_before_the_training(client: PipelineServiceClient, localgcp: LocalCloud) -> None:
    aiplatform.Model.upload(model_id="taken", display_name="m", serving_container_image_uri=SERVER)
    with pytest.raises(Conflict, match="models/taken already exists"):
        create(client, localgcp, body(model_to_upload=MODEL, model_id="taken"))


def test_restarted_server_resumes_a_pipeline_and_uploads_its_model_once(
    fresh_localgcp: LocalCloud, tmp_path: Path
) -> None:
    upload(fresh_localgcp, "there", b"")
    client = PipelineServiceClient(**rest(fresh_localgcp))
    gate = tmp_path / "gate"
    script = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\n{SAVE}"
    made = create(client, fresh_localgcp, body(script, model_to_upload=MODEL))
    wait_until(
        lambda: client.get_training_pipeline(name=made.name).state.name, lambda state: state == "PIPELINE_STATE_RUNNING"
    )
    fresh_localgcp.restart(kill=True)
    gate.touch()
    found = ends(client, made.name)
    assert (found.state.name, backing_job(found)) == (ENDED[0], backing_job(made))
    assert found.model_to_upload.version_id == "1"
