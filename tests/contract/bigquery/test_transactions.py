"""Transactions through google-cloud-bigquery: in scripts, and across the queries of a session."""

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPIError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.contract.bigquery.test_sessions import Session
from tests.local_cloud import LocalCloud

_ABORTED = "Transaction is aborted due to concurrent update against table test-project:{}.* Transaction ID: "


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> Iterator[str]:
    name = f"transactions_{uuid4().hex[:8]}"
    client.create_dataset(name)
    yield name
    client.delete_dataset(name, delete_contents=True)


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    """A table with the rows 1, 2 and 3."""
    name = f"{dataset}.t_{uuid4().hex[:8]}"
    client.query_and_wait(f"CREATE TABLE {name} AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    return name


@pytest.fixture
def run(client: bigquery.Client, table: str) -> Callable[[str], list[object]]:
    """Runs a query on the table, which is called `t` in it, and returns the first column."""
    return lambda sql: [row[0] for row in client.query(re.sub(r" t\b", f" {table}", sql)).result()]


@pytest.fixture
def session(client: bigquery.Client) -> Session:
    return Session(client)


ROWS = "SELECT n FROM t ORDER BY n"


@pytest.mark.parametrize(
    ("script", "rows"),
    [
        ("BEGIN TRANSACTION; INSERT INTO t VALUES (4); DELETE FROM t WHERE n < 3; COMMIT TRANSACTION", [3, 4]),
        ("BEGIN; UPDATE t SET n = n * 10 WHERE TRUE; COMMIT", [10, 20, 30]),
        ("BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; ROLLBACK TRANSACTION", [1, 2, 3]),
        ("BEGIN TRANSACTION; TRUNCATE TABLE t; INSERT INTO t VALUES (7); COMMIT TRANSACTION", [7]),
        ("BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; SELECT 1", [1, 2, 3]),
        ("BEGIN TRANSACTION; INSERT INTO t VALUES (4); COMMIT TRANSACTION; BEGIN TRANSACTION; INSERT INTO t VALUES (5);"
         " ROLLBACK TRANSACTION", [1, 2, 3, 4]),
        ("BEGIN TRANSACTION; MERGE t AS a USING (SELECT 1 AS n) AS b ON a.n = b.n WHEN MATCHED THEN DELETE; COMMIT",
         [2, 3]),
        # An error that is handled leaves the transaction open, and the rows of the statements before it.
        ("BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES (4); SELECT 1 / 0; COMMIT TRANSACTION;"
         " EXCEPTION WHEN ERROR THEN INSERT INTO t VALUES (5); COMMIT TRANSACTION; END", [1, 2, 3, 4, 5]),
        ("BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES (4); SELECT 1 / 0; COMMIT TRANSACTION;"
         " EXCEPTION WHEN ERROR THEN ROLLBACK TRANSACTION; END", [1, 2, 3]),
        ("BEGIN TRANSACTION; CREATE TEMP TABLE w AS SELECT n FROM t; INSERT INTO w VALUES (9);"
         " DELETE FROM t WHERE n > 1; INSERT INTO t SELECT n FROM w; COMMIT TRANSACTION", [1, 1, 2, 3, 9]),
    ],
)  # fmt: skip
def test_committed_changes_of_a_script_stay(run: Callable[[str], list[object]], script: str, rows: list[int]) -> None:
    run(script)
    assert run(ROWS) == rows


def test_transaction_sees_its_own_changes(run: Callable[[str], list[object]]) -> None:
    assert run(f"BEGIN TRANSACTION; DELETE FROM t WHERE n = 2; INSERT INTO t VALUES (8); {ROWS}") == [1, 3, 8]


def test_unhandled_error_rolls_back_all_tables(
    client: bigquery.Client, dataset: str, run: Callable[[str], list[object]]
) -> None:
    client.query_and_wait(f"CREATE OR REPLACE TABLE {dataset}.other (n INT64)")
    with pytest.raises(BadRequest, match="division by zero"):
        run(
            f"BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; INSERT INTO {dataset}.other VALUES (1); SELECT 1 / 0; COMMIT"
        )
    assert run(f"SELECT COUNT(*) FROM {dataset}.other") == [0]
    assert run(ROWS) == [1, 2, 3]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("BEGIN TRANSACTION", "Transaction control statements are supported only in scripts or sessions"),
        ("COMMIT TRANSACTION", "Transaction control statements are supported only in scripts or sessions"),
        ("BEGIN TRANSACTION; BEGIN TRANSACTION", "cannot be nested"),
        ("SELECT 1; COMMIT TRANSACTION", "no open transaction"),
        ("BEGIN TRANSACTION; COMMIT TRANSACTION; ROLLBACK TRANSACTION", "no open transaction"),
        ("BEGIN TRANSACTION; CREATE TABLE d.never (n INT64)", r"CREATE TABLE of anything but temporary .* \[1:20\]"),
        ("BEGIN TRANSACTION; CREATE SNAPSHOT TABLE d.s CLONE t", "CREATE TABLE of anything but temporary"),
        ("BEGIN TRANSACTION; ALTER TABLE t ALTER COLUMN n SET OPTIONS (description = 'x')", "ALTER is not supported"),
        ("BEGIN TRANSACTION; DROP TABLE t", "DROP TABLE of anything but temporary"),
        ("BEGIN TRANSACTION; CREATE VIEW d.v AS SELECT 1 AS a", "CREATE VIEW of anything but temporary"),
        ("BEGIN TRANSACTION; CREATE TEMP TABLE w AS SELECT 1 AS a; ROLLBACK TRANSACTION; SELECT * FROM w",
         'Table "w" must be qualified'),
    ],
)  # fmt: skip
def test_unsupported_statement_in_a_transaction_is_refused(
    run: Callable[[str], list[object]], dataset: str, script: str, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        run(script.replace(" d.", f" {dataset}."))
    assert run(ROWS) == [1, 2, 3]


class TestSession:
    @pytest.mark.parametrize("of_session", [True, False])
    def test_dry_run_does_not_block_a_transaction(
        self,
        client: bigquery.Client,
        session: Session,
        table: str,
        run: Callable[[str], list[object]],
        of_session: bool,
    ) -> None:
        other = Session(client)
        for each in (session, other):
            each.job("BEGIN TRANSACTION")
        settings = session.config(dry_run=True) if of_session else bigquery.QueryJobConfig(dry_run=True)
        client.query(f"UPDATE {table} SET n = 0 WHERE TRUE", job_config=settings)
        other.job(f"UPDATE {table} SET n = n + 1 WHERE TRUE")
        other.job("COMMIT TRANSACTION")
        session.job("ROLLBACK TRANSACTION")
        assert run(ROWS) == [2, 3, 4]

    def test_others_see_the_changes_after_the_commit(
        self, session: Session, table: str, run: Callable[[str], list[object]]
    ) -> None:
        session.job("BEGIN TRANSACTION")
        session.job(f"DELETE FROM {table} WHERE n > 1; INSERT INTO {table} VALUES (5)")
        assert session.rows(f"SELECT n FROM {table} ORDER BY n") == [(1,), (5,)]
        assert run(ROWS) == [1, 2, 3]
        session.job("COMMIT TRANSACTION")
        assert run(ROWS) == [1, 5]

    def test_transaction_reads_a_snapshot(
        self, session: Session, table: str, run: Callable[[str], list[object]]
    ) -> None:
        session.job("BEGIN TRANSACTION")
        run("DELETE FROM t WHERE n = 1")
        run("INSERT INTO t VALUES (6)")
        assert session.rows(f"SELECT n FROM {table} ORDER BY n") == [(1,), (2,), (3,)]
        session.job("COMMIT TRANSACTION")
        assert session.rows(f"SELECT n FROM {table} ORDER BY n") == [(2,), (3,), (6,)]

    @pytest.mark.parametrize("how", ["ROLLBACK TRANSACTION", "CALL BQ.ABORT_SESSION()", "SELECT 1 / 0"])
    def test_rollback_discards_the_changes(
        self, session: Session, table: str, run: Callable[[str], list[object]], how: str
    ) -> None:
        session.job(f"BEGIN TRANSACTION; DELETE FROM {table} WHERE TRUE")
        with pytest.raises(BadRequest) if "/" in how else nullcontext():
            session.job(how)
        assert run(ROWS) == [1, 2, 3]
        run("UPDATE t SET n = 0 WHERE n = 1")
        assert run(ROWS) == [0, 2, 3]

    def test_jobs_name_their_transaction(self, session: Session) -> None:
        begun = session.job("BEGIN TRANSACTION")
        then = session.job("SELECT 1")
        assert then.transaction_info.transaction_id == begun.transaction_info.transaction_id
        assert begun.statement_type == "BEGIN_TRANSACTION"
        session.job("COMMIT")
        assert session.job("SELECT 1").transaction_info is None

    def test_second_transaction_that_changes_a_table_is_aborted(
        self, client: bigquery.Client, session: Session, table: str, run: Callable[[str], list[object]]
    ) -> None:
        other = Session(client)
        for one in (session, other):
            one.job("BEGIN TRANSACTION")
        session.job(f"UPDATE {table} SET n = 10 WHERE n = 1")
        with pytest.raises(BadRequest, match=_ABORTED.format(table)):
            other.job(f"UPDATE {table} SET n = 20 WHERE n = 2")
        session.job("COMMIT TRANSACTION")
        assert run(ROWS) == [2, 3, 10]

    def test_commit_after_another_writer_is_aborted_and_changes_nothing(
        self, session: Session, dataset: str, table: str, run: Callable[[str], list[object]]
    ) -> None:
        run(f"CREATE OR REPLACE TABLE {dataset}.aside (n INT64)")
        session.job(f"BEGIN TRANSACTION; INSERT INTO {dataset}.aside VALUES (1); DELETE FROM {table} WHERE n = 1")
        run("DELETE FROM t WHERE n = 2")
        with pytest.raises(BadRequest, match=_ABORTED.format(table)):
            session.job("COMMIT TRANSACTION")
        assert run(ROWS) == [1, 3]
        assert run(f"SELECT COUNT(*) FROM {dataset}.aside") == [0]

    @pytest.mark.parametrize(
        ("inside", "outside", "rows"),
        [
            ("INSERT INTO t VALUES (4)", "INSERT INTO t VALUES (5)", [1, 2, 3, 4, 5]),
            ("DELETE FROM t WHERE n = 1", "INSERT INTO t VALUES (5)", [2, 3, 5]),
            ("INSERT INTO t VALUES (4)", "DELETE FROM t WHERE n = 1", [2, 3, 4]),
        ],
    )
    def test_appends_do_not_conflict(
        self, session: Session, table: str, run: Callable[[str], list[object]], inside: str, outside: str,
        rows: list[int],
    ) -> None:  # fmt: skip
        session.job(f"BEGIN TRANSACTION; {inside.replace(' t ', f' {table} ')}")
        run(outside)
        session.job("COMMIT TRANSACTION")
        assert run(ROWS) == rows

    def test_streamed_rows_survive_the_commit_of_a_transaction(
        self, client: bigquery.Client, session: Session, table: str, run: Callable[[str], list[object]]
    ) -> None:
        session.job(f"BEGIN TRANSACTION; UPDATE {table} SET n = 10 WHERE n = 1")
        assert not client.insert_rows_json(f"{client.project}.{table}", [{"n": 4}])
        session.job("COMMIT TRANSACTION")
        assert run(ROWS) == [2, 3, 4, 10]

    def test_table_that_was_replaced_meanwhile_is_a_conflict(
        self, session: Session, table: str, run: Callable[[str], list[object]]
    ) -> None:
        session.job(f"BEGIN TRANSACTION; INSERT INTO {table} VALUES (4)")
        run("CREATE OR REPLACE TABLE t AS SELECT 8 AS n")
        with pytest.raises(BadRequest, match=_ABORTED.format(table)):
            session.job("COMMIT TRANSACTION")
        assert run(ROWS) == [8]


def test_values_of_all_types_survive_a_snapshot(client: bigquery.Client, dataset: str, session: Session) -> None:
    columns = (
        "1 AS i, 1.5 AS f, NUMERIC '1.25' AS n, TRUE AS b, 'x' AS s, b'\\x00' AS y, DATE '2024-01-02' AS d,"
        " TIME '01:02:03' AS t, DATETIME '2024-01-02 03:04:05' AS dt, TIMESTAMP '2024-01-02 03:04:05+00' AS ts,"
        " JSON '{\"a\": 1}' AS j, [1, 2] AS a, STRUCT(1 AS x, ['q'] AS z) AS r"
    )
    client.query_and_wait(f"CREATE OR REPLACE TABLE {dataset}.types AS SELECT {columns}")
    (before,) = client.query_and_wait(f"SELECT * FROM {dataset}.types")
    session.job("BEGIN TRANSACTION")
    client.query_and_wait(f"DELETE FROM {dataset}.types WHERE TRUE")
    assert session.rows(f"SELECT * FROM {dataset}.types") == [tuple(before)]
    session.job("COMMIT TRANSACTION")


def test_cancelled_script_is_rolled_back(
    client: bigquery.Client, table: str, run: Callable[[str], list[object]]
) -> None:
    job = client.query(f"BEGIN TRANSACTION; DELETE FROM {table} WHERE TRUE; LOOP SELECT 1; END LOOP")
    assert client.cancel_job(job.job_id, location=job.location).state == "DONE"
    with pytest.raises(GoogleAPIError):
        job.result()
    assert run(ROWS) == [1, 2, 3]
    run("UPDATE t SET n = 0 WHERE n = 1; SELECT 1")


def test_killed_server_keeps_committed_transactions_and_no_open_ones(
    fresh_localgcp: LocalCloud,
) -> None:
    options = {"api_endpoint": fresh_localgcp.base_url}
    client = bigquery.Client(fresh_localgcp.project, AnonymousCredentials(), client_options=options)
    client.create_dataset("d")
    for name in ("a", "b"):
        client.query_and_wait(f"CREATE TABLE d.{name} AS SELECT 1 AS n")
    session = Session(client)
    session.job("BEGIN TRANSACTION; UPDATE d.a SET n = 2 WHERE TRUE; INSERT INTO d.b VALUES (2); COMMIT TRANSACTION")
    session.job("BEGIN TRANSACTION; DELETE FROM d.a WHERE TRUE; DELETE FROM d.b WHERE TRUE")
    fresh_localgcp.restart(kill=True)
    rows = client.query_and_wait("SELECT n FROM d.a UNION ALL SELECT n FROM d.b ORDER BY n")
    assert [row.n for row in rows] == [1, 2, 2]
