"""Routines through google-cloud-bigquery: functions, table functions and procedures of datasets."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.standard_sql import StandardSqlDataType, StandardSqlTypeNames

from tests.local_cloud import LocalCloud

_INT64 = StandardSqlDataType(StandardSqlTypeNames.INT64)


@pytest.fixture
def dataset(client: bigquery.Client) -> Iterator[str]:
    name = f"routines_{uuid4().hex[:8]}"
    client.create_dataset(name)
    client.query_and_wait(f"CREATE TABLE {name}.t AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    yield name
    client.delete_dataset(name, delete_contents=True)


def _rows(client: bigquery.Client, dataset: str, sql: str) -> list[tuple[object, ...]]:
    for statement in sql.split(";;"):
        rows = client.query(statement.replace("d.", f"{dataset}.")).result()
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("statements", "row"),
    [
        ("CREATE FUNCTION d.twice(x INT64) AS (x * 2);; SELECT d.twice(4)", (8,)),
        ("CREATE FUNCTION d.half(x FLOAT64) RETURNS FLOAT64 AS (x / 2);; SELECT d.half(3)", (1.5,)),
        ("CREATE FUNCTION d.same(x ANY TYPE) AS (x);; SELECT d.same('a'), d.same(1), d.same([1, 2])[OFFSET(1)]",
         ("a", 1, 2)),
        ("CREATE FUNCTION d.one() AS (1);; CREATE FUNCTION d.two() AS (d.one() + d.one());; SELECT d.two()", (2,)),
        ("CREATE FUNCTION d.most(x INT64) AS ((SELECT MAX(n) FROM d.t WHERE n <= x));; SELECT SUM(d.most(n)) FROM d.t",
         (6,)),
        ("CREATE FUNCTION d.f() AS (1);; CREATE OR REPLACE FUNCTION d.f() AS (2);; SELECT d.f()", (2,)),
        ("CREATE FUNCTION d.f() AS (1);; CREATE FUNCTION IF NOT EXISTS d.f() AS (2);; SELECT d.f()", (1,)),
        ("CREATE FUNCTION d.f(s STRUCT<a INT64, b ARRAY<STRING>>) AS (s.b[OFFSET(s.a)]);;"
         " SELECT d.f(STRUCT(1 AS a, ['x', 'y'] AS b))", ("y",)),
        ("CREATE FUNCTION d.f(x INT64) AS (x + 1);; CREATE VIEW d.v AS SELECT d.f(n) AS m FROM d.t;;"
         " SELECT SUM(m) FROM d.v", (9,)),
        ("CREATE FUNCTION d.f(x INT64) AS (x + 1);; DECLARE y INT64; SET y = d.f(1); SELECT y", (2,)),
        ("CREATE FUNCTION d.f(x INT64) AS (x + 1);; CREATE TEMP FUNCTION g(x INT64) AS (d.f(x) * 2); SELECT g(1)",
         (4,)),
        ("CREATE FUNCTION d.f(x INT64) AS (x + 1);; CREATE TABLE d.made AS SELECT d.f(n) AS n FROM d.t"
         " WHERE d.f(n) > 3;; SELECT n FROM d.made", (4,)),
        # Table functions.
        ("CREATE TABLE FUNCTION d.above(x INT64) AS SELECT n FROM d.t WHERE n > x;;"
         " SELECT SUM(a.n) FROM d.above(1) AS a", (5,)),
        ("CREATE TABLE FUNCTION d.above(x INT64) RETURNS TABLE<n INT64> AS (SELECT n FROM d.t WHERE n > x);;"
         " SELECT COUNT(*) FROM d.above(1) AS a JOIN d.above(2) AS b ON a.n = b.n", (1,)),
        # Procedures.
        ("CREATE PROCEDURE d.p(x INT64, OUT y INT64) BEGIN SET y = x + 1; END;;"
         " DECLARE z INT64; CALL d.p(2, z); SELECT z", (3,)),
        ("CREATE PROCEDURE d.p(INOUT x ARRAY<STRUCT<a INT64, b STRING>>) BEGIN"
         " SET x = [STRUCT(7 AS a, 'q' AS b)]; END;;"
         " DECLARE z ARRAY<STRUCT<a INT64, b STRING>>; CALL d.p(z); SELECT z[OFFSET(0)].a", (7,)),
        ("CREATE PROCEDURE d.p() BEGIN DECLARE x DEFAULT 5; SELECT x; RETURN; SELECT 6; END;; CALL d.p()", (5,)),
        ("CREATE PROCEDURE d.p() BEGIN CREATE TEMP TABLE w AS SELECT 8 AS a; END;; CALL d.p(); SELECT a FROM w", (8,)),
        ("CREATE PROCEDURE d.fact(n INT64, OUT r INT64) BEGIN IF n <= 1 THEN SET r = 1; ELSE CALL d.fact(n - 1, r);"
         " SET r = r * n; END IF; END;; DECLARE r INT64; CALL d.fact(5, r); SELECT r", (120,)),
    ],
)  # fmt: skip
def test_call_returns_the_result_of_the_body(
    client: bigquery.Client, dataset: str, statements: str, row: tuple[object, ...]
) -> None:
    assert _rows(client, dataset, statements) == [row]


@pytest.mark.parametrize(
    ("statements", "error", "message"),
    [
        ("CREATE FUNCTION d.f() AS (1);; CREATE FUNCTION d.f() AS (2)", Conflict, r"Already Exists: Routine .*\.f"),
        ("SELECT d.none(1)", BadRequest, r"Function not found: .*\.none"),
        ("CALL d.none()", NotFound, r"Procedure is not found: .*\.none"),
        ("DROP FUNCTION d.none", NotFound, r"Not found: Routine .*\.none"),
        ("DROP TABLE FUNCTION d.none", NotFound, r"Not found: Routine .*\.none"),
        ("CREATE FUNCTION d.f(x INT64) AS (x);; SELECT d.f(1, 2)", BadRequest, "Number of arguments does not match"),
        ("CREATE FUNCTION d.f() AS (1);; DROP PROCEDURE d.f", BadRequest, "is not a PROCEDURE"),
        ("CREATE FUNCTION d.f() AS (1);; SELECT * FROM d.f()", BadRequest, "is not a table function"),
        ("CREATE FUNCTION d.f() AS (d.f());; SELECT d.f()", BadRequest, "more than 32 deep"),
        ("CREATE PROCEDURE d.p(OUT x INT64) BEGIN SET x = 1; END;; CALL d.p(1)", BadRequest, "must be a variable"),
        ("CREATE PROCEDURE d.p() BEGIN CALL d.p(); END;; CALL d.p()", BadRequest, "more than 50 deep"),
        ("CREATE PROCEDURE d.p() BEGIN SELECT y; END;; DECLARE y INT64; CALL d.p()", BadRequest, "name: y"),
        ("CREATE FUNCTION d.f() RETURNS INT64 LANGUAGE js AS 'return 1'", BadRequest, "other languages than SQL"),
        ("CREATE FUNCTION d.f() RETURNS INT64 REMOTE WITH CONNECTION us.c OPTIONS(endpoint='x')", BadRequest,
         "remote functions"),
        ("CREATE FUNCTION nowhere.f() AS (1)", NotFound, "Not found: Dataset test-project:nowhere"),
        ("BEGIN TRANSACTION; CREATE FUNCTION d.f() AS (1)", BadRequest, "not supported inside a transaction"),
    ],
)  # fmt: skip
def test_error_names_the_routine_and_the_problem(
    client: bigquery.Client, dataset: str, statements: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _rows(client, dataset, statements)


@pytest.mark.parametrize(
    ("create", "drop"),
    [
        ("CREATE FUNCTION d.r() AS (1)", "DROP FUNCTION d.r"),
        ("CREATE TABLE FUNCTION d.r() AS SELECT 1 AS a", "DROP TABLE FUNCTION d.r"),
        ("CREATE PROCEDURE d.r() BEGIN SELECT 1; END", "DROP PROCEDURE IF EXISTS d.r"),
    ],
)
def test_dropped_routine_is_missing(client: bigquery.Client, dataset: str, create: str, drop: str) -> None:
    _rows(client, dataset, create)
    assert [item.routine_id for item in client.list_routines(dataset)] == ["r"]
    _rows(client, dataset, drop)
    assert not list(client.list_routines(dataset))


def _routine(client: bigquery.Client, dataset: str, **settings: object) -> bigquery.Routine:
    arguments = [bigquery.RoutineArgument(name="x", data_type=_INT64)]
    given = {"type_": "SCALAR_FUNCTION", "language": "SQL", "body": "x * 3", "arguments": arguments} | settings
    return bigquery.Routine(f"{client.project}.{dataset}.thrice", **given)


class TestResources:
    def test_created_routine_is_stored_and_callable(self, client: bigquery.Client, dataset: str) -> None:
        client.create_routine(_routine(client, dataset, return_type=_INT64, description="times three"))
        found = client.get_routine(f"{dataset}.thrice")
        assert (found.body, found.type_, found.description) == ("x * 3", "SCALAR_FUNCTION", "times three")
        assert (found.arguments[0].name, found.return_type) == ("x", _INT64)
        assert _rows(client, dataset, "SELECT d.thrice(5)") == [(15,)]

    def test_existing_routine_is_a_conflict(self, client: bigquery.Client, dataset: str) -> None:
        made = client.create_routine(_routine(client, dataset))
        with pytest.raises(Conflict, match="Already Exists: Routine"):
            client.create_routine(_routine(client, dataset))
        assert client.create_routine(_routine(client, dataset), exists_ok=True).reference == made.reference

    def test_update_replaces_the_body_and_checks_the_etag(self, client: bigquery.Client, dataset: str) -> None:
        first = client.create_routine(_routine(client, dataset))
        fields = ["type_", "language", "arguments", "body"]
        first.body = "x * 30"
        client.update_routine(first, fields)
        assert _rows(client, dataset, "SELECT d.thrice(1)") == [(30,)]
        with pytest.raises(PreconditionFailed):
            client.update_routine(first, fields)

    def test_deleted_routine_is_missing(self, client: bigquery.Client, dataset: str) -> None:
        client.create_routine(_routine(client, dataset))
        client.delete_routine(f"{dataset}.thrice")
        with pytest.raises(NotFound, match=f"Not found: Routine test-project:{dataset}.thrice"):
            client.get_routine(f"{dataset}.thrice")

    def test_routine_of_ddl_has_the_same_resource(self, client: bigquery.Client, dataset: str) -> None:
        _rows(client, dataset, "CREATE PROCEDURE d.p(x INT64, OUT y ARRAY<STRING>) BEGIN SELECT 1; END")
        found = client.get_routine(f"{dataset}.p")
        assert (found.type_, [item.mode for item in found.arguments]) == ("PROCEDURE", ["IN", "OUT"])
        assert found.arguments[1].data_type.array_element_type.type_kind == StandardSqlTypeNames.STRING
        assert found.body == "BEGIN SELECT 1; END"

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"language": "JAVASCRIPT"}, "not written in SQL"),
            ({"language": "PYTHON"}, "not written in SQL"),
            ({"body": ""}, "definitionBody"),
            ({"remote_function_options": bigquery.RemoteFunctionOptions(endpoint="https://e")}, "not written in SQL"),
        ],
    )
    def test_unsupported_kinds_are_refused(
        self, client: bigquery.Client, dataset: str, settings: dict[str, object], message: str
    ) -> None:
        with pytest.raises(BadRequest, match=message):
            client.create_routine(_routine(client, dataset, **settings))


def test_routines_survive_a_restart_and_are_deleted_with_their_dataset(fresh_localgcp: LocalCloud) -> None:
    options = {"api_endpoint": fresh_localgcp.base_url}
    client = bigquery.Client(fresh_localgcp.project, AnonymousCredentials(), client_options=options)
    client.create_dataset("kept")
    client.query_and_wait("CREATE FUNCTION kept.f() AS (1)")
    fresh_localgcp.restart(kill=True)
    assert [tuple(row) for row in client.query_and_wait("SELECT kept.f()")] == [(1,)]
    client.delete_dataset("kept", delete_contents=True)
    client.create_dataset("kept")
    assert not list(client.list_routines("kept"))


def test_project_and_service_account_are_listed(client: bigquery.Client) -> None:
    assert [project.project_id for project in client.list_projects()] == [client.project]
    assert client.project in client.get_service_account_email()
