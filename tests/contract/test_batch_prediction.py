"""Batch prediction jobs through the official clients."""

import json
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.cloud.aiplatform_v1 import BatchPredictionJob, JobServiceClient

from tests.contract.serving import upload_model
from tests.contract.training import ENDED, jobs_client, parent, upload, wait_until
from tests.local_cloud import LocalCloud

_MACHINE = {"machine_spec": {"machine_type": "n1-standard-2"}, "starting_replica_count": 1}


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> JobServiceClient:
    return jobs_client(localgcp)


@pytest.fixture(scope="module")
def model(localgcp: LocalCloud) -> str:
    return upload_model(localgcp, "batch model")


@pytest.fixture(scope="module")
def tables(localgcp: LocalCloud) -> bigquery.Client:
    """A data set with a table of three rows."""
    found = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    found.create_dataset("batch")
    found.query_and_wait("CREATE TABLE batch.rows (id INT64, name STRING, x NUMERIC)")
    found.query_and_wait("INSERT INTO batch.rows VALUES (1, 'a', 1.5), (2, 'b', 2.5), (3, NULL, 3.5)")
    return found


def files(*instances: Any, name: str = "rows.jsonl") -> dict[str, Any]:
    """Store instances as JSON lines and return the InputConfig."""
    lines = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in instances)
    upload(_cloud, f"batch/{name}", lines.encode())
    return {"instances_format": "jsonl", "gcs_source": {"uris": [f"gs://sources/batch/{name}"]}}


_cloud: LocalCloud


@pytest.fixture(scope="module", autouse=True)
def _remember(localgcp: LocalCloud) -> None:
    global _cloud
    _cloud = localgcp


TO_FILES = {"predictions_format": "jsonl", "gcs_destination": {"output_uri_prefix": "gs://sources/out"}}


def start(client: JobServiceClient, model: str, source: dict[str, Any], **fields: Any) -> BatchPredictionJob:
    job = {
        "display_name": "batch", "model": model, "input_config": source, "output_config": TO_FILES,
        "dedicated_resources": _MACHINE, **fields,
    }  # fmt: skip
    return client.create_batch_prediction_job(parent=parent(_cloud), batch_prediction_job=job)


def run(client: JobServiceClient, model: str, source: dict[str, Any], **fields: Any) -> BatchPredictionJob:
    job = start(client, model, source, **fields)
    return wait_until(lambda: client.get_batch_prediction_job(name=job.name), lambda found: found.state.name in ENDED)


def output(job: BatchPredictionJob) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of each file that a job wrote."""
    bucket, _, prefix = job.output_info.gcs_output_directory.removeprefix("gs://").partition("/")
    blobs = storage.Client(project="p", credentials=AnonymousCredentials()).list_blobs(bucket, prefix=f"{prefix}/")
    return {
        blob.name.rpartition("/")[2]: [json.loads(line) for line in blob.download_as_text().splitlines()]
        for blob in blobs
    }


def predicted(job: BatchPredictionJob) -> list[dict[str, Any]]:
    return output(job)["prediction.results-00000-of-00001"]


class TestFiles:
    def test_instances_get_their_predictions(self, client: JobServiceClient, model: str) -> None:
        job = run(client, model, files({"a": 1}, [2, 3]), model_parameters={"t": 1})
        assert job.state.name == "JOB_STATE_SUCCEEDED", job.error.message
        found = predicted(job)
        assert [line["instance"] for line in found] == [{"a": 1}, [2, 3]]
        assert found[0]["prediction"] == {"model": "batch model", "instance": {"a": 1}, "parameters": {"t": 1.0}}
        assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (2, 0)
        assert job.model == model.partition("@")[0]
        assert job.model_version_id == "1"
        assert "/out/prediction-batch_model-" in job.output_info.gcs_output_directory
        assert job.create_time < job.start_time < job.end_time

    def test_rows_that_fail_stand_in_the_errors(self, client: JobServiceClient, model: str) -> None:
        job = run(client, model, files({"a": 1}, {"status": 422}, "no json", {"a": 2}))
        assert job.state.name == "JOB_STATE_SUCCEEDED"
        assert [line["instance"] for line in predicted(job)] == [{"a": 1}, {"a": 2}]
        refused, unreadable = output(job)["prediction.errors_stats-00000-of-00001"]
        assert refused == {"instance": {"status": 422}, "error": {"code": 3, "message": "the model's own words"}}
        assert unreadable["instance"] == "no json"
        assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (2, 2)
        assert len(job.partial_failures) == 2

    def test_row_that_kills_the_process_costs_itself_alone(self, client: JobServiceClient, model: str) -> None:
        job = run(client, model, files({"a": 1}, {"crash": True}, {"a": 2}))
        assert [line["instance"] for line in predicted(job)] == [{"a": 1}, {"a": 2}]

    def test_many_files_and_batches_keep_the_order(self, client: JobServiceClient, model: str) -> None:
        files(*range(5), name="many-1.jsonl")
        source = files(*range(5, 10), name="many-2.jsonl")
        source["gcs_source"]["uris"] = ["gs://sources/batch/many-*.jsonl"]
        job = run(client, model, source, manual_batch_tuning_parameters={"batch_size": 3})
        assert [line["instance"] for line in predicted(job)] == list(range(10))

    def test_chosen_fields_are_sent_and_the_key_comes_back(self, client: JobServiceClient, model: str) -> None:
        rows = files({"id": "k", "x": 1, "y": 2}, name="keyed.jsonl")
        job = run(client, model, rows, instance_config={"key_field": "id", "instance_type": "array"})
        assert predicted(job)[0]["key"] == "k"
        assert predicted(job)[0]["prediction"]["instance"] == [1, 2]
        job = run(client, model, rows, instance_config={"included_fields": ["y"]})
        assert predicted(job)[0]["prediction"]["instance"] == {"y": 2}
        assert predicted(job)[0]["instance"] == {"id": "k", "x": 1, "y": 2}

    def test_all_failed_is_failed_and_writes_nothing(self, client: JobServiceClient, model: str) -> None:
        job = run(client, model, files({"status": 500}))
        assert job.state.name == "JOB_STATE_FAILED"
        assert "the model's own words" in job.error.message
        assert not job.output_info.gcs_output_directory

    def test_input_that_is_not_there_fails_it(self, client: JobServiceClient, model: str) -> None:
        source = {"instances_format": "jsonl", "gcs_source": {"uris": ["gs://sources/none.jsonl"]}}
        assert "gs://sources/none.jsonl" in run(client, model, source).error.message

    def test_container_that_exits_fails_it(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run(client, upload_model(localgcp, TINY_EXIT="4"), files(1))
        assert job.state.name == "JOB_STATE_FAILED"
        assert "Model server exited unexpectedly with status 4" in job.error.message


class TestTables:
    def source(self, localgcp: LocalCloud) -> dict[str, Any]:
        uri = f"bq://{localgcp.project}.batch.rows"
        return {"instances_format": "bigquery", "bigquery_source": {"input_uri": uri}}

    def test_rows_are_sent_as_arrays(
        self, client: JobServiceClient, model: str, localgcp: LocalCloud, tables: bigquery.Client
    ) -> None:
        job = run(client, model, self.source(localgcp))
        assert job.state.name == "JOB_STATE_SUCCEEDED", job.error.message
        assert [line["instance"] for line in predicted(job)] == [[1, "a", 1.5], [2, "b", 2.5], [3, None, 3.5]]

    def test_predictions_stand_beside_the_columns(
        self, client: JobServiceClient, model: str, localgcp: LocalCloud, tables: bigquery.Client
    ) -> None:
        destination = {"output_uri": f"bq://{localgcp.project}.batch"}
        job = run(
            client,
            model,
            self.source(localgcp),
            instance_config={"instance_type": "object", "excluded_fields": ["id"]},
            output_config={"predictions_format": "bigquery", "bigquery_destination": destination},
        )
        assert job.state.name == "JOB_STATE_SUCCEEDED", job.error.message
        assert job.output_info.bigquery_output_table.startswith("predictions_")
        table = tables.get_table(f"batch.{job.output_info.bigquery_output_table}")
        assert [(field.name, field.field_type) for field in table.schema] == [
            ("id", "INTEGER"), ("name", "STRING"), ("x", "NUMERIC"), ("prediction", "STRING"),
        ]  # fmt: skip
        rows = list(tables.list_rows(table))
        assert [row["id"] for row in rows] == [1, 2, 3]
        assert json.loads(rows[0]["prediction"])["instance"] == {"name": "a", "x": 1.5}

    def test_rows_that_fail_stand_in_a_table_of_errors(
        self, client: JobServiceClient, model: str, localgcp: LocalCloud, tables: bigquery.Client
    ) -> None:
        tables.query_and_wait("CREATE TABLE batch.bad AS SELECT 200 AS status UNION ALL SELECT 422")
        source = self.source(localgcp)
        source["bigquery_source"]["input_uri"] = f"bq://{localgcp.project}.batch.bad"
        destination = {"output_uri": f"bq://{localgcp.project}"}
        job = run(
            client, upload_model(localgcp, "mixed"), source,
            instance_config={"instance_type": "object"},
            output_config={"predictions_format": "bigquery", "bigquery_destination": destination},
        )  # fmt: skip
        assert job.state.name == "JOB_STATE_SUCCEEDED", job.error.message
        dataset = job.output_info.bigquery_output_dataset.removeprefix("bq://")
        assert [row["status"] for row in tables.list_rows(f"{dataset}.predictions")] == [200]
        (row,) = tables.list_rows(f"{dataset}.errors")
        assert (row["status"], row["errors"]) == (422, {"code": 3, "message": "the model's own words"})


class TestJob:
    def test_is_listed_by_label_and_deleted(self, client: JobServiceClient, model: str, localgcp: LocalCloud) -> None:
        job = run(client, model, files(1), labels={"run": "listed"})
        request = {"parent": parent(localgcp), "filter": "labels.run=listed"}
        assert [found.name for found in client.list_batch_prediction_jobs(request=request)] == [job.name]
        client.delete_batch_prediction_job(name=job.name).result()
        with pytest.raises(NotFound):
            client.get_batch_prediction_job(name=job.name)

    def test_is_cancelled(self, client: JobServiceClient, model: str) -> None:
        job = start(client, model, files(*[{"seconds": 0.2}] * 100), manual_batch_tuning_parameters={"batch_size": 1})
        wait_until(
            lambda: client.get_batch_prediction_job(name=job.name),
            lambda found: found.state.name == "JOB_STATE_RUNNING",
        )
        client.cancel_batch_prediction_job(name=job.name)
        ended = wait_until(
            lambda: client.get_batch_prediction_job(name=job.name), lambda found: found.state.name in ENDED
        )
        assert ended.state.name == "JOB_STATE_CANCELLED"

    def test_stands_in_the_status(self, client: JobServiceClient, model: str, localgcp: LocalCloud) -> None:
        job = run(client, model, files(1))
        (shown,) = (item for item in localgcp.call("GET", "/localgcp/status")["jobs"] if item["name"] == job.name)
        assert (shown["kind"], shown["state"]) == ("batchPredictionJob", "JOB_STATE_SUCCEEDED")

    def test_wrong_fields_are_named(self, client: JobServiceClient, model: str) -> None:
        with pytest.raises(BadRequest, match=r"gcs_source\.uris.*machine_type|machine_type.*gcs_source\.uris"):
            start(client, model, {"instances_format": "jsonl"}, dedicated_resources={})

    def test_model_that_is_not_there_is_not_found(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            start(client, f"{parent(localgcp)}/models/none", files(1))

    def test_that_ran_is_run_again_after_a_kill(self, fresh_localgcp: LocalCloud) -> None:
        global _cloud
        former, _cloud = _cloud, fresh_localgcp
        try:
            client = jobs_client(_cloud)
            job = start(client, upload_model(_cloud, TINY_SLEEP="0.5"), files(1))
            _cloud.restart(kill=True)
            ended = wait_until(
                lambda: client.get_batch_prediction_job(name=job.name), lambda found: found.state.name in ENDED
            )
            assert ended.state.name == "JOB_STATE_SUCCEEDED"
        finally:
            _cloud = former
