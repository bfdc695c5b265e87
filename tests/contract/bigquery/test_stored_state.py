"""A server starts on a state folder with records that it cannot read, and has all others."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud

_RENAMED = "_PARTITIONTIME"
_LONG = "x" * 320


@pytest.fixture
def client(fresh_localgcp: LocalCloud) -> bigquery.Client:
    return bigquery.Client(project=fresh_localgcp.project, credentials=AnonymousCredentials())


def _fill(client: bigquery.Client) -> None:
    client.create_dataset("d")
    client.create_dataset("damaged")
    for statement in (
        "CREATE TABLE d.good AS SELECT 1 AS a",
        "CREATE TABLE d.renamed AS SELECT 1 AS a, STRUCT(2 AS b) AS r",
        "CREATE TABLE d.damaged AS SELECT 1 AS a",
        "CREATE TABLE d.never AS SELECT 1 AS a",
        "CREATE FUNCTION d.good(x INT64) AS (x + 1)",
        "CREATE FUNCTION d.damaged(x INT64) AS (x + 1)",
    ):
        client.query_and_wait(statement)
    client.query("SELECT 1 AS a", job_id="good").result()
    client.query("SELECT 1 AS a", job_id="damaged").result()


def _rename(record: dict[str, Any]) -> None:
    record["fields"][0]["name"] = _RENAMED
    record["fields"][1]["fields"][0]["name"] = _LONG


def _empty(record: dict[str, Any]) -> None:
    record.clear()


def _set_time(record: dict[str, Any]) -> None:
    record["settings"]["expirationTime"] = "soon"


# Records as older servers may have left them, and damaged ones.
_CHANGES: dict[tuple[str, str], Callable[[dict[str, Any]], None]] = {
    ("bigquery.tables", "d.renamed"): _rename,
    ("bigquery.tables", "d.damaged"): _empty,
    ("bigquery.tables", "d.never"): _set_time,
    ("bigquery.datasets", ":damaged"): _empty,
    ("bigquery.routines", "d.damaged"): _empty,
    ("bigquery.jobs", ":damaged"): _empty,
}


def _damage(cloud: LocalCloud) -> None:
    """Change the records of a server that has ended, and the columns of the table whose fields are renamed."""
    with sqlite3.connect(cloud.state_dir / "resources.sqlite") as database:
        for (kind, ending), change in _CHANGES.items():
            ((name, body),) = database.execute(
                "SELECT name, body FROM resource WHERE kind = ? AND name LIKE ?", (kind, f"%{ending}")
            ).fetchall()
            record = json.loads(body)
            physical = record.get("physical")
            change(record)
            database.execute(
                "UPDATE resource SET body = ? WHERE kind = ? AND name = ?", (json.dumps(record), kind, name)
            )
            if change is _rename:
                _rename_columns(cloud, physical)
    database.close()


def _rename_columns(cloud: LocalCloud, physical: str) -> None:
    (file,) = (cloud.state_dir / "bigquery").glob("tables_*.duckdb")
    with duckdb.connect(str(file)) as rows:
        rows.execute(f'ALTER TABLE "{physical}" RENAME COLUMN a TO "{_RENAMED}"')
        rows.execute(f'ALTER TABLE "{physical}" RENAME COLUMN r.b TO "{_LONG}"')


def test_records_that_cannot_be_read_cost_only_themselves(client: bigquery.Client, fresh_localgcp: LocalCloud) -> None:
    _fill(client)
    fresh_localgcp.stop()
    _damage(fresh_localgcp)
    fresh_localgcp.start()

    # All other records are there.
    assert [tuple(row) for row in client.query_and_wait("SELECT a, d.good(a) FROM d.good")] == [(1, 2)]
    assert client.get_job("good").state == "DONE"
    assert {item.dataset_id for item in client.list_datasets()} == {"d"}
    assert {item.table_id for item in client.list_tables("d")} == {"good", "renamed"}
    assert {item.routine_id for item in client.list_routines("d")} == {"good"}
    assert "damaged" not in {job.job_id for job in client.list_jobs()}

    # A name that is refused today can be read, but not copied to another table.
    assert [field.name for field in client.get_table("d.renamed").schema] == [_RENAMED, "r"]
    assert [tuple(row.values()) for row in client.list_rows("d.renamed")] == [(1, {_LONG: 2})]
    for statement in ("LIKE d.renamed", "COPY d.renamed", "CLONE d.renamed", "AS SELECT * FROM d.renamed"):
        with pytest.raises(BadRequest, match="Invalid field name"):
            client.query_and_wait(f"CREATE TABLE d.new {statement}")
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.copy_table(f"{client.project}.d.renamed", f"{client.project}.d.new").result()
    with pytest.raises(BadRequest, match="Invalid field name"):
        client.insert_rows_json("d.renamed", [{"r": {}}], template_suffix="_new")
    client.query_and_wait(f"ALTER TABLE d.renamed RENAME COLUMN `{_RENAMED}` TO a")
    assert [tuple(row) for row in client.query_and_wait("SELECT a FROM d.renamed")] == [(1,)]

    # A damaged record counts as absent, is named in the log, and can be created again.
    with pytest.raises(NotFound):
        client.get_table("d.damaged")
    log = fresh_localgcp.log.read_text()
    for kind, ending in _CHANGES:
        is_named = f"{ending} of {kind} cannot be read" in log
        assert is_named == (ending != "d.renamed"), (kind, ending)
    client.query_and_wait("CREATE TABLE d.damaged AS SELECT 2 AS a")
    assert [tuple(row) for row in client.query_and_wait("SELECT a FROM d.damaged")] == [(2,)]
