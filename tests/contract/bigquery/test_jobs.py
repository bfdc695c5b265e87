"""Settings of jobs through google-cloud-bigquery: time limits, stateless queries, pages of lists."""

import pytest
from google.api_core.exceptions import GoogleAPIError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.enums import JobCreationMode

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud


def test_job_is_cancelled_after_its_timeout(client: bigquery.Client) -> None:
    job = client.query("LOOP SELECT 1; END LOOP", job_config=bigquery.QueryJobConfig(job_timeout_ms=300))
    with pytest.raises(GoogleAPIError, match=r"Job timed out after 0\.3 sec"):
        job.result()
    assert client.get_job(job.job_id).error_result["reason"] == "stopped"


def test_query_without_a_job_has_an_id_and_its_rows(localgcp: LocalCloud) -> None:
    mode = JobCreationMode.JOB_CREATION_OPTIONAL
    client = bigquery.Client(localgcp.project, AnonymousCredentials(), default_job_creation_mode=mode)
    found = client.query_and_wait("SELECT n FROM UNNEST([1, 2, 3]) AS n ORDER BY n")
    assert [row.n for row in found] == [1, 2, 3]
    assert (found.job_id, bool(found.query_id)) == (None, True)


def test_result_of_several_pages_gets_a_job(localgcp: LocalCloud) -> None:
    mode = JobCreationMode.JOB_CREATION_OPTIONAL
    client = bigquery.Client(localgcp.project, AnonymousCredentials(), default_job_creation_mode=mode)
    found = client.query_and_wait("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 30)) AS n", page_size=10)
    assert len([row.n for row in found]) == 30
    assert found.job_id


def test_script_is_deleted_only_in_its_own_project(client: bigquery.Client) -> None:
    other = bigquery.Client("another-project", AnonymousCredentials())
    for owner in (client, other):
        owner.query("DECLARE x INT64; SELECT 1; SELECT 2", job_id="same_script").result()
    client.delete_job_metadata("same_script", project=client.project, location="US")
    assert [list(owner.list_jobs(parent_job="same_script")) == [] for owner in (client, other)] == [True, False]


def test_job_stores_its_settings(client: bigquery.Client) -> None:
    config = bigquery.QueryJobConfig(labels={"team": "ml"}, priority="BATCH", job_timeout_ms=60_000)
    job = client.query("SELECT 1", job_config=config)
    found = client.get_job(job.job_id)
    assert (found.labels, found.priority) == ({"team": "ml"}, "BATCH")
    assert found.to_api_repr()["configuration"]["jobTimeoutMs"] == "60000"


def test_new_jobs_do_not_shift_the_pages_of_a_list(client: bigquery.Client, discovery: Discovery) -> None:
    before = [client.query(f"SELECT {n}").job_id for n in range(6)]
    jobs = discovery("bigquery", "v2").jobs()
    listed, token = [], None
    while True:
        page = jobs.list(projectId=client.project, maxResults=2, pageToken=token).execute()
        listed += [item["jobReference"]["jobId"] for item in page["jobs"]]
        token = page.get("nextPageToken")
        if token is None or len(listed) >= 6:
            break
        client.query("SELECT 0").result()
    assert listed[:6] == before[::-1]


def test_same_request_runs_once(client: bigquery.Client, discovery: Discovery) -> None:
    client.create_dataset("once", exists_ok=True)
    client.query_and_wait("CREATE OR REPLACE TABLE once.t (n INT64)")
    body = {"query": "INSERT INTO once.t VALUES (1)", "useLegacySql": False, "requestId": "the-same"}
    jobs = discovery("bigquery", "v2").jobs()
    for _ in range(2):
        assert jobs.query(projectId=client.project, body=body).execute()["numDmlAffectedRows"] == "1"
    assert next(iter(client.query_and_wait("SELECT COUNT(*) FROM once.t")))[0] == 1
