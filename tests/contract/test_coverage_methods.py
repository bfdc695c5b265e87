"""Each method that the README calls supported answers Google's discovery client. A new one needs a call here."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
from googleapiclient.http import MediaInMemoryUpload

from tests.contract.discovery import Discovery, not_called
from tests.contract.training import IMAGE, build_tiny_image, docker_build, parent, rest
from tests.local_cloud import LocalCloud

_PROJECT = "test-project"
_DATASET = {"projectId": _PROJECT, "datasetId": "covered"}
_TABLE = {**_DATASET, "tableId": "t"}


def test_every_method_of_cloud_storage_that_is_claimed_answers(localgcp: LocalCloud, discovery: Discovery) -> None:
    api = discovery("storage", "v1")
    _call_buckets(api.buckets())
    _call_objects(api.objects())
    batch = api.new_batch_http_request()
    batch.add(api.objects().get(bucket="covered", object="b"))
    batch.execute()
    upload = MediaInMemoryUpload(b"x" * 10, resumable=True)
    begun = api.objects().insert(bucket="covered", name="never", media_body=upload)
    session, _ = begun.http.request(
        f"{localgcp.base_url}/upload/storage/v1/b/covered/o?uploadType=resumable&name=never", "POST"
    )
    begun.http.request(session["location"], "DELETE")  # the one call that the client has no function for
    _call_policies(api)
    _call_protection(api)
    _call_xml(begun.http.request, f"{localgcp.base_url}/covered")
    _empty_and_delete(api)
    assert not_called(localgcp, "storage") == set()


def _call_buckets(buckets: Any) -> None:
    buckets.insert(project=_PROJECT, body={"name": "covered"}).execute()
    buckets.list(project=_PROJECT).execute()
    buckets.patch(bucket="covered", body={"labels": {"team": "ml"}}).execute()
    buckets.update(bucket="covered", body={"labels": {}}).execute()
    assert buckets.get(bucket="covered").execute().get("labels", {}) == {}
    assert buckets.getStorageLayout(bucket="covered").execute()["hierarchicalNamespace"] == {"enabled": False}


def _call_policies(api: Any) -> None:
    for resource, named in (
        (api.buckets(), {"bucket": "covered"}),
        (api.objects(), {"bucket": "covered", "object": "b"}),
    ):
        policy = resource.getIamPolicy(**named).execute()
        resource.setIamPolicy(**named, body=policy).execute()
        asked = ["storage.objects.get"]
        assert resource.testIamPermissions(**named, permissions=asked).execute()["permissions"] == asked
    assert "@" in api.projects().serviceAccount().get(projectId=_PROJECT).execute()["email_address"]


def _call_protection(api: Any) -> None:
    settings = {"name": "protected", "softDeletePolicy": {"retentionDurationSeconds": str(7 * 86_400)}}
    api.buckets().insert(project=_PROJECT, body=settings).execute()
    media = MediaInMemoryUpload(b"x", "text/plain")
    for name in ("one", "many"):
        api.objects().insert(bucket="protected", name=name, media_body=media).execute()
        api.objects().delete(bucket="protected", object=name).execute()
    found = api.objects().list(bucket="protected", softDeleted=True, prefix="one").execute()["items"][0]
    api.objects().restore(bucket="protected", object="one", generation=found["generation"]).execute()
    operation = api.objects().bulkRestore(bucket="protected", body={}).execute()["name"].rpartition("/")[2]
    assert api.operations().get(bucket="protected", operationId=operation).execute()["done"]
    policy = {"retentionPolicy": {"retentionPeriod": "1"}}
    match = api.buckets().patch(bucket="protected", body=policy).execute()["metageneration"]
    locked = api.buckets().lockRetentionPolicy(bucket="protected", ifMetagenerationMatch=match).execute()
    assert locked["retentionPolicy"]["isLocked"]
    _call_buckets_that_go(api, settings)


def _call_buckets_that_go(api: Any, settings: dict[str, Any]) -> None:
    made = api.buckets().insert(project=_PROJECT, body={**settings, "name": "restored"}).execute()
    for location, (last, how) in {
        "EU": (api.operations().advanceRelocateBucket, {"body": {}}), "ASIA": (api.operations().cancel, {}),
    }.items():  # fmt: skip
        begun = api.buckets().relocate(bucket="restored", body={"destinationLocation": location}).execute()
        last(bucket="restored", operationId=begun["name"].rpartition("/")[2], **how).execute()
    assert len(api.operations().list(bucket="restored").execute()["operations"]) == 2
    api.buckets().delete(bucket="restored").execute()
    api.buckets().restore(bucket="restored", generation=made["generation"]).execute()


def _call_xml(request: Callable[..., tuple[Any, bytes]], bucket: str) -> None:
    """Call the XML API, of which no client has all; storage/test_xml.py has what each call does."""
    for path in ("", "?uploads", "?location", "/b"):
        request(bucket + path, "GET")
    for path in ("", "/b"):
        request(bucket + path, "HEAD")
    request(f"{bucket}/x", "PUT", body=b"x")
    request(f"{bucket}/x", "DELETE")
    sessions = [request(f"{bucket}/x", "POST", headers={"x-goog-resumable": "start"})[0]["location"] for _ in range(2)]
    request(sessions[0], "PUT", body=b"x")
    request(sessions[1], "DELETE")
    for last in ("POST", "DELETE"):
        _, begun = request(f"{bucket}/x?uploads", "POST")
        upload = f"uploadId={ElementTree.fromstring(begun)[2].text}"
        part, _ = request(f"{bucket}/x?{upload}&partNumber=1", "PUT", body=b"x")
        request(f"{bucket}/x?{upload}", "GET")
        listed = f"<Part><PartNumber>1</PartNumber><ETag>{part['etag']}</ETag></Part>"
        request(
            f"{bucket}/x?{upload}", last, body=f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        )


def _call_objects(objects: Any) -> None:
    named = {"bucket": "covered", "object": "a"}
    objects.insert(bucket="covered", name="a", media_body=MediaInMemoryUpload(b"x", "text/plain")).execute()
    objects.patch(**named, body={"metadata": {"split": "train"}}).execute()
    objects.update(**named, body={"contentType": "text/csv"}).execute()
    assert objects.get(**named).execute()["contentType"] == "text/csv"
    source = {"sourceBucket": "covered", "sourceObject": "a", "destinationBucket": "covered"}
    objects.copy(**source, destinationObject="b", body={}).execute()
    assert objects.rewrite(**source, destinationObject="c", body={}).execute()["done"]
    joined = {"sourceObjects": [{"name": "b"}, {"name": "c"}]}
    objects.compose(destinationBucket="covered", destinationObject="d", body=joined).execute()
    objects.move(bucket="covered", sourceObject="d", destinationObject="e").execute()
    assert objects.get_media(bucket="covered", object="e").execute() == b"xx"
    objects.delete(**named).execute()


def _empty_and_delete(api: Any) -> None:
    for item in api.objects().list(bucket="covered").execute()["items"]:
        api.objects().delete(bucket="covered", object=item["name"]).execute()
    api.buckets().delete(bucket="covered").execute()


def test_every_method_of_cloud_logging_that_is_claimed_answers(localgcp: LocalCloud, discovery: Discovery) -> None:
    api, log = discovery("logging", "v2"), f"projects/{_PROJECT}/logs/covered"
    api.entries().write(body={"logName": log, "entries": [{"textPayload": "x"}]}).execute()
    found = api.entries().list(body={"resourceNames": [f"projects/{_PROJECT}"]}).execute()
    assert [entry["textPayload"] for entry in found["entries"]] == ["x"]
    assert api.projects().logs().list(parent=f"projects/{_PROJECT}").execute()["logNames"] == [log]
    api.projects().logs().delete(logName=log).execute()
    assert not_called(localgcp, "logging") == set()


def test_every_method_of_bigquery_that_is_claimed_answers(localgcp: LocalCloud, discovery: Discovery) -> None:
    api = discovery("bigquery", "v2")
    datasets, tables = api.datasets(), api.tables()
    datasets.insert(projectId=_PROJECT, body={"datasetReference": _DATASET}).execute()
    datasets.patch(**_DATASET, body={"description": "d"}).execute()
    datasets.update(**_DATASET, body={"datasetReference": _DATASET, "labels": {"a": "b"}}).execute()
    assert datasets.get(**_DATASET).execute()["labels"] == {"a": "b"}
    assert len(datasets.list(projectId=_PROJECT).execute()["datasets"]) == 1
    _call_tables(tables, api.tabledata())
    _call_jobs(api.jobs())
    _call_routines(api.routines())
    assert api.projects().list().execute()["totalItems"] == 1
    assert api.projects().getServiceAccount(projectId=_PROJECT).execute()["email"]
    tables.delete(**_TABLE).execute()
    datasets.delete(**_DATASET, deleteContents=True).execute()
    assert not_called(localgcp, "bigquery") == set()


def _call_tables(tables: Any, rows: Any) -> None:
    schema = {"fields": [{"name": "x", "type": "INTEGER"}]}
    tables.insert(**_DATASET, body={"tableReference": _TABLE, "schema": schema}).execute()
    tables.patch(**_TABLE, body={"description": "d"}).execute()
    tables.update(**_TABLE, body={"tableReference": _TABLE, "schema": schema, "labels": {"a": "b"}}).execute()
    assert tables.get(**_TABLE).execute()["labels"] == {"a": "b"}
    assert len(tables.list(**_DATASET).execute()["tables"]) == 1
    assert "insertErrors" not in rows.insertAll(**_TABLE, body={"rows": [{"json": {"x": 3}}]}).execute()
    assert rows.list(**_TABLE).execute()["rows"] == [{"f": [{"v": "3"}]}]


def _call_routines(routines: Any) -> None:
    named = {**_DATASET, "routineId": "r"}
    body = {"routineReference": named, "routineType": "SCALAR_FUNCTION", "language": "SQL", "definitionBody": "1"}
    routines.insert(**_DATASET, body=body).execute()
    routines.update(**named, body={**body, "definitionBody": "2"}).execute()
    assert routines.get(**named).execute()["definitionBody"] == "2"
    assert len(routines.list(**_DATASET).execute()["routines"]) == 1
    routines.delete(**named).execute()


def _call_jobs(jobs: Any) -> None:
    query = {"query": "SELECT x FROM covered.t", "useLegacySql": False}
    named = {"projectId": _PROJECT, "jobId": "covered-1"}
    reference = {"projectId": _PROJECT, "jobId": "covered-1"}
    jobs.insert(projectId=_PROJECT, body={"jobReference": reference, "configuration": {"query": query}}).execute()
    assert jobs.getQueryResults(**named).execute()["rows"] == [{"f": [{"v": "3"}]}]
    assert jobs.get(**named).execute()["status"]["state"] == "DONE"
    jobs.cancel(**named).execute()
    assert jobs.list(projectId=_PROJECT).execute()["jobs"]
    jobs.delete(**named).execute()
    assert jobs.query(projectId=_PROJECT, body=query).execute()["jobComplete"]


def test_every_method_of_cloud_build_that_is_claimed_answers(localgcp: LocalCloud, discovery: Discovery) -> None:
    api = discovery("cloudbuild", "v1")
    located = api.projects().locations()
    # The archive is not there: both fail at once, and cancelling leaves them as they are.
    build = {
        "source": {"storageSource": {"bucket": "none", "object": "none.tgz"}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", IMAGE, "."]}], "images": [IMAGE],
    }  # fmt: skip
    api.projects().builds().create(projectId=_PROJECT, body=build).execute()
    found = api.projects().builds().list(projectId=_PROJECT).execute()["builds"]
    named = {"projectId": _PROJECT, "id": found[0]["id"]}
    api.projects().builds().get(**named).execute()
    api.projects().builds().cancel(**named, body={}).execute()
    operation = located.builds().create(parent=parent(localgcp), body=build).execute()
    name = located.builds().list(parent=parent(localgcp)).execute()["builds"][0]["name"]
    assert located.builds().get(name=name).execute()["name"] == name
    located.builds().cancel(name=name, body={}).execute()
    assert located.operations().get(name=operation["name"]).execute()["name"] == operation["name"]
    assert not_called(localgcp, "cloudbuild") == set()


def test_every_method_of_artifact_registry_that_is_claimed_answers(localgcp: LocalCloud, discovery: Discovery) -> None:
    build_tiny_image(localgcp)
    other = docker_build(IMAGE.replace("tiny", "other"))
    CloudBuildClient(**rest(localgcp)).create_build(project_id=_PROJECT, build=other).result(timeout=60)
    repositories = discovery("artifactregistry", "v1").projects().locations().repositories()
    made = repositories.create(parent=parent(localgcp), repositoryId="covered", body={"format": "DOCKER"}).execute()
    assert made["done"]
    assert len(repositories.list(parent=parent(localgcp)).execute()["repositories"]) == 2
    repository = f"{parent(localgcp)}/repositories/trainers"
    repositories.get(name=repository).execute()
    image = repositories.dockerImages().list(parent=repository).execute()["dockerImages"][0]
    repositories.dockerImages().get(name=image["name"]).execute()
    _call_packages(repositories.packages(), repository)
    # Three APIs have this path; the operation tells whose it is.
    operations = discovery("artifactregistry", "v1").projects().locations().operations()
    assert operations.get(name=made["name"]).execute()["done"]
    assert not_called(localgcp, "artifactregistry") == set()


def _call_packages(packages: Any, repository: str) -> None:
    package, other = [item["name"] for item in packages.list(parent=repository).execute()["packages"]]
    packages.get(name=package).execute()
    tag = packages.tags().list(parent=package).execute()["tags"][0]["name"]
    packages.tags().get(name=tag).execute()
    version = packages.versions().list(parent=package).execute()["versions"][0]["name"]
    packages.versions().get(name=version).execute()
    packages.tags().delete(name=tag).execute()
    packages.versions().delete(name=version).execute()
    packages.delete(name=other).execute()
