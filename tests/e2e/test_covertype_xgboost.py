"""The main DAG through Airflow, Google's clients and the local cloud, on real rows where they are at hand."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1, bigquery, storage

from tests.e2e.airflow_runs import Airflow, AirflowRun
from tests.e2e.cloud_state import CloudState
from tests.faults.steps import METHODS, called_methods
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

_DAG_ID = "covertype_xgboost"
_CONF = {"preset": "quick", "cover_types": [2, 3], "trials": 2}
_MOMENT = "2026-01-02T03:04:05+00:00"
_LATER = "2026-01-03T03:04:05+00:00"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud with the bucket that the pipeline writes to."""
    server = LocalCloud(tmp_path_factory.mktemp("cloud") / "state")
    server.start()
    _client(server).create_bucket(f"{server.project}-timberline")
    yield server
    server.stop()


@dataclass(frozen=True)
class FirstRun(AirflowRun):
    """A run that lost its cloud while it tuned.

    Attributes:
        methods: what it called.
    """

    methods: frozenset[str]


@pytest.fixture(scope="module")
def first_run(cloud: LocalCloud, airflow: Airflow, data_dir: Path) -> FirstRun:
    """A first run, in the middle of which the cloud was killed and started again.

    It is the only test that trains with XGBoost in several trials at once, which is why it takes ten seconds.
    """
    log = airflow.home / "first-run.log"
    run = airflow.start_run_of(cloud, data_dir, _DAG_ID, _CONF, _MOMENT, log)
    while run.poll() is None and not _some_trial_is_over(cloud):
        time.sleep(0.05)
    before = called_methods(cloud)  # which the server forgets
    cloud.restart(kill=True)
    code = run.wait(300)
    return FirstRun(code, log.read_text(errors="replace"), frozenset([*before, *called_methods(cloud)]))


def _client(cloud: LocalCloud) -> storage.Client:
    return storage.Client(
        project=cloud.project, credentials=AnonymousCredentials(), client_options={"api_endpoint": cloud.base_url}
    )


def _objects(cloud: LocalCloud) -> dict[str, int]:
    """Every object's name and generation."""
    return {blob.name: blob.generation for blob in _client(cloud).list_blobs(f"{cloud.project}-timberline")}


def _reports(cloud: LocalCloud) -> list[dict[str, Any]]:
    bucket = _client(cloud).bucket(f"{cloud.project}-timberline")
    names = sorted(name for name in _objects(cloud) if name.endswith("/report.json"))
    return [json.loads(bucket.blob(name).download_as_bytes()) for name in names]


def _reports_by_run(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    """The reports by the moment in their run id."""
    return {report["run_id"].partition("__")[2].partition("_")[0]: report for report in _reports(cloud)}


def _tuning_jobs(cloud: LocalCloud) -> list[aiplatform_v1.HyperparameterTuningJob]:
    client = aiplatform_v1.JobServiceClient(
        transport="rest", client_options={"api_endpoint": cloud.base_url}, credentials=AnonymousCredentials()
    )
    parent = f"projects/{cloud.project}/locations/europe-west1"
    return list(client.list_hyperparameter_tuning_jobs(request={"parent": parent}))


def _tables(cloud: LocalCloud) -> set[str]:
    client = bigquery.Client(
        project=cloud.project, credentials=AnonymousCredentials(), client_options={"api_endpoint": cloud.base_url}
    )
    return {
        table.full_table_id for dataset in client.list_datasets() for table in client.list_tables(dataset.reference)
    }


def _creations(cloud: LocalCloud) -> Counter[str]:
    """How often each creating method succeeded."""
    creating = (
        "customJobs.create", "hyperparameterTuningJobs.create", "builds.create", "models.upload", "endpoints.create",
        "endpoints.deployModel",
    )  # fmt: skip
    calls = [call for call in cloud.requests() if call["status"] == 200 and call["method"].endswith(creating)]
    return Counter(call["method"] for call in calls)


def test_run_that_loses_its_cloud_while_tuning_ends_green(cloud: LocalCloud, first_run: FirstRun) -> None:
    assert first_run.code == 0, first_run.output[-5000:]
    jobs = _tuning_jobs(cloud)
    assert [len(job.trials) for job in jobs] == [2, 2]
    assert {trial.state.name for job in jobs for trial in job.trials} == {"SUCCEEDED"}


def test_faults_are_tried_on_every_call_of_the_run(first_run: FirstRun) -> None:
    """The runs of tests/faults are made of the same steps, but not by this DAG."""
    assert first_run.methods <= METHODS


def test_report_has_the_facts_of_every_segment(cloud: LocalCloud, first_run: FirstRun) -> None:
    (report,) = _reports(cloud)
    assert [segment["segment"] for segment in report["segments"]] == ["2", "3"]
    for segment in report["segments"]:
        assert segment["trials"]["total"] == 2
        assert isinstance(segment["best_params"]["n_estimators"], int)
        assert 0 < segment["validation"]["value"] <= 1
        assert 0 < segment["test"]["f1"] <= 1
        assert 0 < segment["test"]["accuracy"] <= 1
    f1 = [segment["test"]["f1"] for segment in report["segments"]]
    assert report["summary"]["name"] == "macro_f1"
    assert report["summary"]["value"] == pytest.approx(sum(f1) / len(f1))


def test_first_versions_are_released_and_answer_as_their_trainer_did(cloud: LocalCloud, first_run: FirstRun) -> None:
    (report,) = _reports(cloud)
    for segment in report["segments"]:
        assert segment["decision"]["action"] == "promoted"
        assert segment["decision"]["challenger"]["version"] == "1"
        assert segment["decision"]["champion"] is None
        assert segment["smoke"]["rows"] > 0
        assert segment["smoke"]["max_abs_difference"] < 1e-6
        assert segment["endpoint"] in {endpoint.name for endpoint in CloudState(cloud).endpoints()}
    assert CloudState(cloud).problems() == []


def test_every_row_is_in_one_split(cloud: LocalCloud, first_run: FirstRun) -> None:
    (report,) = _reports(cloud)
    rows = report["data"]["rows"]
    client = bigquery.Client(
        project=cloud.project, credentials=AnonymousCredentials(), client_options={"api_endpoint": cloud.base_url}
    )
    split_table = next(name for name in _tables(cloud) if "split" in name or "rows" in name)
    counted = client.query(
        f"SELECT split, COUNT(*) AS n FROM `{split_table.replace(':', '.')}` GROUP BY split"
    ).result()
    assert {row["split"]: row["n"] for row in counted if row["split"]} == rows


def test_models_and_metrics_are_in_the_runs_folder(cloud: LocalCloud, first_run: FirstRun) -> None:
    (report,) = _reports(cloud)
    names = _objects(cloud)
    for segment in report["segments"]:
        folder = segment["model_uri"].removeprefix(f"gs://{cloud.project}-timberline/").rstrip("/")
        assert f"{folder}/model.ubj" in names
        assert f"{folder}/metrics.json" in names
        assert folder.startswith(f"runs/{report['run_key']}/")


def test_same_run_again_creates_no_job_table_or_file(
    cloud: LocalCloud, first_run: FirstRun, airflow: Airflow, data_dir: Path
) -> None:
    jobs, tables, objects, created = _tuning_jobs(cloud), _tables(cloud), _objects(cloud), _creations(cloud)
    again = airflow.run_of(cloud, data_dir, _DAG_ID, _CONF, _MOMENT)
    assert again.code == 0, again.output[-5000:]
    assert {job.name for job in _tuning_jobs(cloud)} == {job.name for job in jobs}
    assert _tables(cloud) == tables
    assert set(_objects(cloud)) == set(objects)
    assert _creations(cloud) == created


def test_a_failed_cover_type_is_reported_the_others_released_and_only_it_is_made_again(
    cloud: LocalCloud, first_run: FirstRun, airflow: Airflow, data_dir: Path
) -> None:
    conf = {**_CONF, "cover_types": [2, 3], "trials": 0, "min_gain": -1}
    cloud.add_fault("aiplatform.projects.locations.customJobs.create", "error", status=403)
    run = airflow.run_of(cloud, data_dir, _DAG_ID, conf, _LATER)
    assert run.code != 0
    segments = _reports_by_run(cloud)[_LATER]["segments"]
    (failed,) = [segment for segment in segments if segment["error"]]
    (released,) = [segment for segment in segments if not segment["error"]]
    assert failed["error"].startswith("retrain: ")
    assert failed["decision"] is None
    assert released["decision"]["action"] == "promoted"
    assert released["decision"]["champion"]["version"] == "1"
    assert (released["best_trial"], released["best_params"]["n_estimators"]) == (None, 80)  # no tuning
    before = _creations(cloud)
    again = airflow.run_of(cloud, data_dir, _DAG_ID, conf, _LATER)
    assert again.code == 0, again.output[-5000:]
    made = _creations(cloud) - before
    prefix = "aiplatform.projects.locations"
    expected = {f"{prefix}.customJobs.create": 2, f"{prefix}.models.upload": 1, f"{prefix}.endpoints.deployModel": 1}
    assert made == expected  # retraining and scoring, of the failed cover type alone
    assert CloudState(cloud).problems() == []


def test_cover_type_out_of_range_is_one_clear_message(cloud: LocalCloud, airflow: Airflow, data_dir: Path) -> None:
    run = airflow.dags_test(cloud, data_dir, _DAG_ID, {**_CONF, "cover_types": [3, 8]})
    assert run.code != 0
    assert "8" in run.output
    assert "cover" in run.output.lower()


def _some_trial_is_over(cloud: LocalCloud) -> bool:
    return any(trial.state.name == "SUCCEEDED" for job in _tuning_jobs(cloud) for trial in job.trials)
