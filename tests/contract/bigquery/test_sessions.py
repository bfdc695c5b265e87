"""Sessions through google-cloud-bigquery: what their queries share, and how a session ends."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud

_DAY_S = 24 * 3600


class Session:
    """One session, through the client."""

    def __init__(self, client: bigquery.Client) -> None:
        self.client = client
        begun = client.query("SELECT 1", job_config=bigquery.QueryJobConfig(create_session=True))
        begun.result()
        self.id = begun.session_info.session_id

    def config(self, **settings: object) -> bigquery.QueryJobConfig:
        return bigquery.QueryJobConfig(
            connection_properties=[bigquery.ConnectionProperty("session_id", self.id)], **settings
        )

    def job(self, sql: str, **settings: object) -> bigquery.QueryJob:
        job = self.client.query(sql, job_config=self.config(**settings))
        job.result()
        return job

    def rows(self, sql: str, **settings: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.job(sql, **settings).result()]


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> Iterator[str]:
    name = f"sessions_{uuid4().hex[:8]}"
    client.create_dataset(name)
    client.query_and_wait(f"CREATE TABLE {name}.t AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    yield name
    client.delete_dataset(name, delete_contents=True)


@pytest.fixture
def session(client: bigquery.Client) -> Session:
    return Session(client)


def test_jobs_of_a_session_have_its_id(session: Session) -> None:
    job = session.job("SELECT @@session_id")
    assert session.id
    assert job.session_info.session_id == session.id
    assert next(iter(job.result()))[0] == session.id
    assert session.client.query("SELECT @@session_id").result().total_rows == 1


def test_session_of_jobs_query_continues_in_jobs_insert(session: Session, discovery: Discovery) -> None:
    jobs = discovery("bigquery", "v2").jobs()
    body = {"query": "CREATE TEMP TABLE w AS SELECT 5 AS a", "createSession": True, "useLegacySql": False}
    begun = jobs.query(projectId=session.client.project, body=body).execute()
    session.id = begun["sessionInfo"]["sessionId"]
    assert session.rows("SELECT a FROM w") == [(5,)]
    properties = [{"key": "session_id", "value": session.id}]
    body = {"query": "SELECT a + 1 FROM w", "connectionProperties": properties, "useLegacySql": False}
    answer = jobs.query(projectId=session.client.project, body=body).execute()
    assert (answer["rows"], answer["sessionInfo"]) == ([{"f": [{"v": "6"}]}], {"sessionId": session.id})


@pytest.mark.parametrize(
    ("first", "then", "row"),
    [
        ("CREATE TEMP TABLE w AS SELECT 1 AS a", "SELECT a FROM w", (1,)),
        ("CREATE TEMP TABLE w (a INT64); INSERT INTO w VALUES (4)", "SELECT a FROM _SESSION.w", (4,)),
        ("CREATE TEMP FUNCTION twice(x INT64) AS (2 * x)", "SELECT twice(n) FROM d.t WHERE n = 2", (4,)),
        ("DECLARE x DEFAULT 7", "SELECT x", (7,)),
        ("DECLARE x, y INT64 DEFAULT 1; SET x = 3", "SET y = x + y; SELECT x, y", (3, 4)),
        ("SET @@dataset_id = 'd'", "SELECT COUNT(*) FROM t", (3,)),
        ("CREATE TEMP TABLE w (a INT64); DROP TABLE w", "CREATE TEMP TABLE w AS SELECT 'b' AS b; SELECT b FROM w",
         ("b",)),
    ],
)  # fmt: skip
def test_query_sees_the_names_of_earlier_queries_of_its_session(
    session: Session, dataset: str, first: str, then: str, row: tuple[object, ...]
) -> None:
    def named(sql: str) -> str:
        return sql.replace("d.t", f"{dataset}.t").replace("'d'", f"'{dataset}'")

    session.job(named(first))
    assert session.rows(named(then)) == [row]


def test_variables_of_blocks_are_dropped_and_others_survive_an_error(session: Session) -> None:
    with pytest.raises(BadRequest, match="division by zero"):
        session.job("DECLARE x DEFAULT 1; BEGIN DECLARE y DEFAULT 2; SET x = y; SELECT 1 / 0; END")
    assert session.rows("SELECT x") == [(2,)]
    with pytest.raises(BadRequest, match="Unrecognized name: y"):
        session.job("SELECT y")


def test_names_of_a_session_are_visible_only_in_it(client: bigquery.Client, session: Session) -> None:
    session.job("CREATE TEMP TABLE mine AS SELECT 1 AS a")
    other = Session(client)
    for run in (other.job, lambda sql: client.query(sql).result()):
        with pytest.raises(BadRequest, match='Table "mine" must be qualified with a dataset'):
            run("SELECT a FROM mine")
    other.job("CREATE TEMP TABLE mine AS SELECT 2 AS a")
    assert (session.rows("SELECT a FROM mine"), other.rows("SELECT a FROM mine")) == ([(1,)], [(2,)])


def test_session_info_is_there_when_the_query_failed(session: Session) -> None:
    job = session.client.query("SELECT 1 / 0", job_config=session.config())
    with pytest.raises(BadRequest):
        job.result()
    assert session.client.get_job(job.job_id).session_info.session_id == session.id


def test_child_jobs_are_in_the_session_of_their_script(session: Session) -> None:
    job = session.job("SELECT 1; SELECT 2")
    children = list(session.client.list_jobs(parent_job=job))
    assert [child.session_info.session_id for child in children] == [session.id, session.id]


def test_dry_run_in_a_session_sees_its_tables_and_changes_nothing(session: Session) -> None:
    session.job("CREATE TEMP TABLE w AS SELECT 1 AS a")
    job = session.client.query("SELECT a FROM w", job_config=session.config(dry_run=True))
    assert (job.total_bytes_processed, [field.name for field in job.schema]) == (8, ["a"])
    session.client.query("CREATE TEMP FUNCTION f() AS (1)", job_config=session.config(dry_run=True))
    with pytest.raises(BadRequest, match="Function not found"):
        session.job("SELECT f()")


@pytest.mark.parametrize("how", ["CALL BQ.ABORT_SESSION()", "CALL BQ.ABORT_SESSION('ID')", "call `bq`.abort_session()"])
def test_aborted_session_and_its_tables_are_removed(client: bigquery.Client, session: Session, how: str) -> None:
    job = session.job("CREATE TEMP TABLE w AS SELECT 1 AS a; SELECT a FROM w")
    (made,) = [child for child in client.list_jobs(parent_job=job) if child.statement_type != "SELECT"]
    assert client.get_table(made.ddl_target_table).num_rows == 1
    if "ID" in how:
        client.query(how.replace("ID", session.id)).result()
    else:
        session.job(how)
    with pytest.raises(NotFound, match=f"Session {session.id}"):
        session.job("SELECT 1")
    with pytest.raises(NotFound):
        client.get_table(made.ddl_target_table)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"connection_properties": [bigquery.ConnectionProperty("session_id", "none")]}, "Session none does not exist"),
        ({"connection_properties": [bigquery.ConnectionProperty("colour", "red")]}, "Invalid connection property"),
        (
            {"connection_properties": [bigquery.ConnectionProperty("session_id", "s")], "create_session": True},
            "createSession cannot be set together",
        ),
        ({"connection_properties": [bigquery.ConnectionProperty("time_zone", "Europe/Rome")]}, "does not support"),
    ],
)
def test_error_names_an_invalid_session(client: bigquery.Client, settings: dict[str, object], message: str) -> None:
    with pytest.raises((NotFound, BadRequest), match=message):
        client.query("SELECT 1", job_config=bigquery.QueryJobConfig(**settings)).result()


def test_abort_outside_of_a_session_is_refused(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="can only be called in a session"):
        client.query("CALL BQ.ABORT_SESSION()").result()


class TestTime:
    """Each test has its own server, whose clock it puts forward."""

    @pytest.fixture
    def later(self, fresh_localgcp: LocalCloud) -> bigquery.Client:
        return bigquery.Client(
            project=fresh_localgcp.project,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": fresh_localgcp.base_url},
        )

    def test_session_ends_after_a_day_without_a_query(self, fresh_localgcp: LocalCloud, later: bigquery.Client) -> None:
        session = Session(later)
        for _ in range(2):
            fresh_localgcp.advance_clock(_DAY_S - 60)
            assert session.rows("SELECT 1") == [(1,)]
        fresh_localgcp.advance_clock(_DAY_S)
        with pytest.raises(NotFound, match=session.id):
            session.job("SELECT 1")

    def test_session_ends_a_week_after_it_began(self, fresh_localgcp: LocalCloud, later: bigquery.Client) -> None:
        session = Session(later)
        for _ in range(8):
            fresh_localgcp.advance_clock(_DAY_S * 0.8)
            session.job("SELECT 1")
        fresh_localgcp.advance_clock(_DAY_S * 0.7)
        with pytest.raises(NotFound, match=session.id):
            session.job("SELECT 1")

    def test_session_ends_with_the_server(self, fresh_localgcp: LocalCloud, later: bigquery.Client) -> None:
        session = Session(later)
        job = session.job("CREATE TEMP TABLE w AS SELECT 1 AS a; SELECT a FROM w")
        table = next(child.ddl_target_table for child in later.list_jobs(parent_job=job) if child.ddl_target_table)
        fresh_localgcp.restart(kill=True)
        with pytest.raises(NotFound, match=session.id):
            session.job("SELECT 1")
        with pytest.raises(NotFound):
            later.get_table(table)

    def test_temporary_table_of_a_script_stays_for_a_day(
        self, fresh_localgcp: LocalCloud, later: bigquery.Client
    ) -> None:
        job = later.query("CREATE TEMP TABLE kept AS SELECT 1 AS a; SELECT a FROM kept")
        job.result()
        (table,) = [child.ddl_target_table for child in later.list_jobs(parent_job=job) if child.ddl_target_table]
        full = f"`{table.project}.{table.dataset_id}.{table.table_id}`"
        assert [tuple(row) for row in later.query_and_wait(f"SELECT a FROM {full}")] == [(1,)]
        fresh_localgcp.advance_clock(_DAY_S)
        with pytest.raises(NotFound, match="kept"):
            later.query_and_wait(f"SELECT a FROM {full}")
