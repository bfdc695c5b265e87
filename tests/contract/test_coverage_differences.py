"""Known differences of the README that no other test shows, through Google's clients."""

from functools import reduce
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud

_PROJECT = "test-project"
_WHERE = f"projects/{_PROJECT}/locations/europe-west1"
_MODEL = f"{_WHERE}/models/m"
_ENDPOINT = f"{_WHERE}/endpoints/e"
_REPOSITORY = f"{_WHERE}/repositories/r"
_TABLE = f"projects/{_PROJECT}/datasets/d/tables/t"
_DATASET = {"projectId": _PROJECT, "datasetId": "d"}

# The API, the method below it, its parameters; each stands in the README as not implemented.
_NOT_IMPLEMENTED: list[tuple[str, str, dict[str, Any]]] = [
    ("storage v1", "bucketAccessControls.list", {"bucket": "b"}),
    ("storage v1", "defaultObjectAccessControls.list", {"bucket": "b"}),
    ("storage v1", "objectAccessControls.list", {"bucket": "b", "object": "o"}),
    ("storage v1", "notifications.list", {"bucket": "b"}),
    ("storage v1", "projects.hmacKeys.list", {"projectId": _PROJECT}),
    ("storage v1", "folders.list", {"bucket": "b"}),
    ("storage v1", "managedFolders.list", {"bucket": "b"}),
    ("storage v1", "objects.watchAll", {"bucket": "b", "body": {}}),
    ("bigquery v2", "models.list", _DATASET),
    ("bigquery v2", "routines.getIamPolicy", {"resource": f"projects/{_PROJECT}/datasets/d/routines/r", "body": {}}),
    ("bigquery v2", "rowAccessPolicies.list", {**_DATASET, "tableId": "t"}),
    ("bigquery v2", "tables.getIamPolicy", {"resource": _TABLE, "body": {}}),
    ("aiplatform v1", "projects.locations.models.copy", {"parent": _WHERE, "body": {}}),
    ("aiplatform v1", "projects.locations.models.export", {"name": _MODEL, "body": {}}),
    ("aiplatform v1", "projects.locations.models.listCheckpoints", {"name": _MODEL}),
    ("aiplatform v1", "projects.locations.models.getIamPolicy", {"resource": _MODEL}),
    ("aiplatform v1", "projects.locations.models.evaluations.slices.list", {"parent": f"{_MODEL}/evaluations/1"}),
    ("aiplatform v1", "projects.locations.endpoints.explain", {"endpoint": _ENDPOINT, "body": {}}),
    ("aiplatform v1", "projects.locations.endpoints.directPredict", {"endpoint": _ENDPOINT, "body": {}}),
    ("aiplatform v1", "projects.locations.endpoints.streamRawPredict", {"endpoint": _ENDPOINT, "body": {}}),
    ("aiplatform v1", "projects.locations.endpoints.predictLongRunning", {"endpoint": _ENDPOINT, "body": {}}),
    ("cloudbuild v1", "projects.builds.retry", {"projectId": _PROJECT, "id": "1", "body": {}}),
    ("cloudbuild v1", "projects.triggers.list", {"projectId": _PROJECT}),
    ("cloudbuild v1", "projects.locations.workerPools.list", {"parent": _WHERE}),
    ("artifactregistry v1", "projects.locations.repositories.delete", {"name": _REPOSITORY}),
    ("artifactregistry v1", "projects.locations.repositories.getIamPolicy", {"resource": _REPOSITORY}),
    (
        "artifactregistry v1", "projects.locations.repositories.packages.tags.create",
        {"parent": f"{_REPOSITORY}/packages/p", "body": {}},
    ),
    (
        "artifactregistry v1", "projects.locations.repositories.packages.versions.batchDelete",
        {"parent": f"{_REPOSITORY}/packages/p", "body": {}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("api", "method", "arguments"), _NOT_IMPLEMENTED, ids=[call[1] for call in _NOT_IMPLEMENTED])
def test_method_is_a_501_by_name(discovery: Discovery, api: str, method: str, arguments: dict[str, Any]) -> None:
    *resources, verb = method.split(".")
    client = reduce(lambda at, name: getattr(at, name)(), resources, discovery(*api.split()))
    with pytest.raises(HttpError) as refused:
        getattr(client, verb)(**arguments).execute()
    assert refused.value.status_code == 501
    assert f"{api.split()[0]}.{method}" in refused.value.reason


class TestStorage:
    def test_projection_and_acls_have_no_effect(self, discovery: Discovery) -> None:
        api = discovery("storage", "v1")
        api.buckets().insert(project=_PROJECT, body={"name": "whole"}, predefinedAcl="publicRead").execute()
        media = MediaInMemoryUpload(b"x")
        made = api.objects().insert(bucket="whole", name="a", media_body=media, predefinedAcl="private").execute()
        assert "acl" not in made
        plain = api.objects().get(bucket="whole", object="a").execute()
        assert api.objects().get(bucket="whole", object="a", projection="full").execute() == plain

    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            ("list", {"filter": "contexts.a:*"}),
            ("get", {"object": "a", "restoreToken": "t"}),
        ],
    )
    def test_parameter_that_would_change_the_meaning_is_a_501(
        self, discovery: Discovery, method: str, arguments: dict[str, Any]
    ) -> None:
        call = getattr(discovery("storage", "v1").objects(), method)
        with pytest.raises(HttpError) as refused:
            call(bucket="whole", **arguments).execute()
        assert refused.value.status_code == 501


@pytest.fixture(scope="module")
def tables(localgcp: LocalCloud) -> bigquery.Client:
    client = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    client.create_dataset("differences")
    return client


def first(client: bigquery.Client, query: str) -> tuple[Any, ...]:
    return next(tuple(row) for row in client.query_and_wait(query))


class TestBigQuery:
    def test_legacy_sql_is_refused(self, tables: bigquery.Client) -> None:
        with pytest.raises(BadRequest, match=r"(?i)legacy"):
            tables.query_and_wait("SELECT 1", job_config=bigquery.QueryJobConfig(use_legacy_sql=True))

    def test_query_that_does_not_say_is_googlesql(self, discovery: Discovery) -> None:
        jobs = discovery("bigquery", "v2").jobs()
        found = jobs.query(projectId=_PROJECT, body={"query": "SELECT [1, 2][OFFSET(1)]"}).execute()
        assert found["rows"] == [{"f": [{"v": "2"}]}]

    @pytest.mark.parametrize("kind", ["GEOGRAPHY", "RANGE"])
    def test_column_of_another_type_is_refused(self, tables: bigquery.Client, kind: str) -> None:
        field = {"name": "x", "type": kind} | ({"rangeElementType": {"type": "DATE"}} if kind == "RANGE" else {})
        table = bigquery.Table(f"{_PROJECT}.differences.{kind.lower()}")
        table.schema = [bigquery.SchemaField.from_api_repr(field)]
        with pytest.raises(BadRequest, match=kind):
            tables.create_table(table)

    def test_streamed_rows_are_there_at_once(self, tables: bigquery.Client) -> None:
        tables.query_and_wait("CREATE TABLE differences.inserted (x INT64)")
        assert not tables.insert_rows_json(f"{_PROJECT}.differences.inserted", [{"x": 1}])
        assert first(tables, "SELECT COUNT(*) FROM differences.inserted") == (1,)
        assert tables.get_table("differences.inserted").streaming_buffer is None

    def test_share_of_several_uris_is_every_nth_row(self, tables: bigquery.Client, discovery: Discovery) -> None:
        discovery("storage", "v1").buckets().insert(project=_PROJECT, body={"name": "shares"}).execute()
        tables.query_and_wait("CREATE TABLE differences.two AS SELECT x FROM UNNEST([1, 2, 3, 4]) AS x")
        uris = ["gs://shares/a.csv", "gs://shares/b.csv"]
        options = bigquery.ExtractJobConfig(print_header=False)
        tables.extract_table(f"{_PROJECT}.differences.two", uris, job_config=options).result()
        objects = discovery("storage", "v1").objects()
        assert objects.get_media(bucket="shares", object="b.csv").execute() == b"1\n3\n"


class TestArtifactRegistry:
    def test_other_format_is_refused(self, discovery: Discovery) -> None:
        repositories = discovery("artifactregistry", "v1").projects().locations().repositories()
        with pytest.raises(HttpError) as refused:
            repositories.create(parent=_WHERE, repositoryId="wheels", body={"format": "PYTHON"}).execute()
        assert refused.value.status_code == 400

    def test_filter_and_order_have_no_effect(self, discovery: Discovery) -> None:
        repositories = discovery("artifactregistry", "v1").projects().locations().repositories()
        for name in ("first", "second"):
            repositories.create(parent=_WHERE, repositoryId=name, body={"format": "DOCKER"}).execute()
        plain = repositories.list(parent=_WHERE).execute()
        ordered = {"filter": 'name="none"', "orderBy": "name desc"}
        assert repositories.list(parent=_WHERE, **ordered).execute() == plain


def test_build_lists_are_those_of_the_project_whatever_the_location(discovery: Discovery) -> None:
    builds = discovery("cloudbuild", "v1").projects().locations().builds()
    body = {
        "source": {"storageSource": {"bucket": "none", "object": "none.tgz"}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", "gcr.io/p/i", "."]}],
    }
    builds.create(parent=_WHERE, body=body).execute()
    elsewhere = _WHERE.replace("europe-west1", "us-central1")
    assert len(builds.list(parent=elsewhere).execute()["builds"]) == 1


def test_build_keeps_settings_that_have_no_effect(discovery: Discovery) -> None:
    builds = discovery("cloudbuild", "v1").projects().builds()
    docker = {"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", "gcr.io/p/i", "."]}
    step = {**docker, "id": "first", "env": ["A=b"], "waitFor": ["-"]}
    kept = {"options": {"machineType": "E2_HIGHCPU_8"}, "logsBucket": "gs://logs", "serviceAccount": "somebody"}
    source = {"storageSource": {"bucket": "none", "object": "none.tgz", "generation": "7"}}
    body = {"source": source, "steps": [step], **kept}
    made = builds.create(projectId=_PROJECT, body=body).execute()["metadata"]["build"]
    found = builds.get(projectId=_PROJECT, id=made["id"]).execute()
    assert {name: found[name] for name in kept} == kept
    assert found["source"] == source
    assert step.items() <= found["steps"][0].items()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"unmanagedContainerModel": {"artifactUri": "gs://b/a"}}, "unmanaged_container_model"),
        ({"generateExplanation": True}, "generate_explanation"),
        (
            {"inputConfig": {"instancesFormat": "csv", "gcsSource": {"uris": ["gs://b/a.csv"]}}},
            "input_config.instances_format csv",
        ),
    ],
)
def test_batch_prediction_of_another_kind_is_a_501(discovery: Discovery, changes: dict[str, Any], named: str) -> None:
    body = {
        "displayName": "b", "model": _MODEL,
        "dedicatedResources": {"machineSpec": {"machineType": "n1-standard-2"}},
        "inputConfig": {"instancesFormat": "jsonl", "gcsSource": {"uris": ["gs://b/a.jsonl"]}},
        "outputConfig": {"predictionsFormat": "jsonl", "gcsDestination": {"outputUriPrefix": "gs://b/out"}},
    }  # fmt: skip
    jobs = discovery("aiplatform", "v1").projects().locations().batchPredictionJobs()
    with pytest.raises(HttpError) as refused:
        jobs.create(parent=_WHERE, body=body | changes).execute()
    assert refused.value.status_code == 501
    assert named in refused.value.reason


def test_metrics_of_an_evaluation_are_not_checked_against_their_schema(discovery: Discovery) -> None:
    models = discovery("aiplatform", "v1").projects().locations().models()
    model = {"displayName": "m", "containerSpec": {"imageUri": "registry.example/any/image:1"}}
    name = models.upload(parent=_WHERE, body={"model": model}).execute()["response"]["model"]
    evaluation = {"metricsSchemaUri": "gs://no/such.yaml", "metrics": {"anything": ["goes"]}}
    made = models.evaluations().import_(parent=name, body={"modelEvaluation": evaluation}).execute()
    assert made["metrics"] == {"anything": ["goes"]}
