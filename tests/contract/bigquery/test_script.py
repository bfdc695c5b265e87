"""Scripts through google-cloud-bigquery: variables, control structures, temporary functions and tables, child jobs."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> Iterator[str]:
    name = f"scripts_{uuid4().hex[:8]}"
    client.create_dataset(name)
    client.query(f"CREATE TABLE {name}.t AS SELECT n, n * n AS square FROM UNNEST(GENERATE_ARRAY(1, 4)) AS n").result()
    yield name
    client.delete_dataset(name, delete_contents=True)


def _rows(client: bigquery.Client, sql: str, **config: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in client.query(sql, job_config=bigquery.QueryJobConfig(**config)).result()]


@pytest.mark.parametrize(
    ("script", "row"),
    [
        # Variables: NULL, a default, the type of the default, several at once.
        ("DECLARE x INT64; SELECT x", (None,)),
        ("DECLARE x, y INT64 DEFAULT 2; SET x = x + 1; SELECT x, y", (3, 2)),
        ('DECLARE x DEFAULT "a\'b"; SELECT x || "!"', ("a'b!",)),
        ("DECLARE x FLOAT64 DEFAULT 1; SELECT x / 2", (0.5,)),
        ("DECLARE d DATE DEFAULT '2024-02-28'; SELECT CAST(DATE_ADD(d, INTERVAL 1 DAY) AS STRING)", ("2024-02-29",)),
        ("DECLARE a ARRAY<INT64>; SELECT ARRAY_LENGTH(a)", (0,)),
        ("DECLARE a ARRAY<STRING> DEFAULT ['x', 'y']; SELECT a[OFFSET(1)], 'y' IN UNNEST(a)", ("y", True)),
        ("DECLARE s STRUCT<a INT64, b STRING> DEFAULT (1, 'x'); SELECT s.a, s.b", (1, "x")),
        ("DECLARE x INT64; DECLARE y STRING; SET (x, y) = (1, 'b'); SELECT x, y", (1, "b")),
        ("DECLARE x, y INT64; SET (x, y) = (SELECT AS STRUCT MIN(n), MAX(n) FROM d.t); SELECT x, y", (1, 4)),
        ("DECLARE x INT64; SET x = (SELECT SUM(n) FROM d.t WHERE n > 2); SELECT x", (7,)),
        # A column comes before a variable of its name.
        ("DECLARE n INT64 DEFAULT 100; SELECT MAX(n) FROM d.t", (4,)),
        ("DECLARE least INT64 DEFAULT 3; SELECT COUNT(*) FROM d.t WHERE n >= least", (2,)),
        # Control structures.
        ("DECLARE x DEFAULT 2; IF x = 1 THEN SELECT 5; ELSEIF x = 2 THEN SELECT 6; ELSE SELECT 7; END IF", (6,)),
        ("DECLARE x BOOL; IF x THEN SELECT 1; ELSE SELECT 2; END IF", (2,)),
        ("DECLARE i DEFAULT 0; LOOP SET i = i + 1; IF i >= 3 THEN BREAK; END IF; END LOOP; SELECT i", (3,)),
        ("DECLARE i, s INT64 DEFAULT 0; WHILE i < 4 DO SET i = i + 1; IF MOD(i, 2) = 0 THEN CONTINUE; END IF;"
         " SET s = s + i; END WHILE; SELECT s", (4,)),
        ("DECLARE i DEFAULT 0; REPEAT SET i = i + 2; UNTIL i > 4 END REPEAT; SELECT i", (6,)),
        ("DECLARE s DEFAULT 0; FOR r IN (SELECT n, square FROM d.t) DO SET s = s + r.square; END FOR; SELECT s", (30,)),
        ("DECLARE x DEFAULT 'b'; CASE x WHEN 'a' THEN SELECT 1; WHEN 'b' THEN SELECT 2; ELSE SELECT 3; END CASE", (2,)),
        ("SELECT 1; RETURN; SELECT 2", (1,)),
        ("DECLARE x DEFAULT 1; BEGIN DECLARE y DEFAULT 2; SET x = y; END; SELECT x", (2,)),
        ("DECLARE x INT64; EXECUTE IMMEDIATE 'SELECT @a + ?' INTO x USING 40 AS a, 2; SELECT x", (42,)),
        ("EXECUTE IMMEDIATE CONCAT('SELECT COUNT(*) FROM ', 'd.t')", (4,)),
        # Errors and system variables.
        ("BEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SELECT @@error.message LIKE '%ivision by zero%'; END", (True,)),
        ("BEGIN RAISE USING MESSAGE = 'no'; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END", ("no",)),
        ("CREATE TEMP TABLE w AS SELECT * FROM d.t; DELETE FROM w WHERE n < 4; SELECT @@row_count", (3,)),
        ("SELECT 1; SELECT @@project_id, @@time_zone, @@script.num_child_jobs", ("test-project", "UTC", 1)),
        ("SET @@dataset_id = 'd'; SELECT COUNT(*) FROM t", (4,)),
        ("ASSERT (SELECT COUNT(*) FROM d.t) = 4 AS 'four rows'; SELECT 'fine'", ("fine",)),
        # Functions and tables of the script.
        ("CREATE TEMP FUNCTION twice(x INT64) AS (x * 2); SELECT twice(n + 1) FROM d.t WHERE n = 3", (8,)),
        ("CREATE TEMP FUNCTION half(x FLOAT64) RETURNS FLOAT64 AS (x / 2); CREATE TEMP FUNCTION fourth(y ANY TYPE) AS"
         " (half(half(y))); SELECT fourth(2)", (0.5,)),
        ("CREATE TEMP FUNCTION largest(most INT64) AS ((SELECT MAX(square) FROM d.t WHERE t.n <= most));"
         " SELECT largest(n) FROM d.t WHERE n = 2", (4,)),
        ("CREATE TEMP FUNCTION upper(x STRING) AS (CONCAT(x, '!')); SELECT UPPER('a')", ("a!",)),
        ("CREATE TEMP FUNCTION date_diff(a INT64, b INT64) AS (a - b); SELECT date_diff(3, 1)", (2,)),
        ("CREATE TEMP TABLE w AS SELECT 1 AS a; INSERT INTO w VALUES (2); SELECT SUM(a) FROM w", (3,)),
        ("CREATE TEMP TABLE w (a INT64); SELECT COUNT(*) FROM w", (0,)),
    ],
)  # fmt: skip
def test_script_returns_the_rows_of_its_last_statement(
    client: bigquery.Client, dataset: str, script: str, row: tuple[object, ...]
) -> None:
    script = script.replace("d.t", f"{dataset}.t").replace("'d'", f"'{dataset}'")
    assert _rows(client, script) == [row]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("DECLARE x INT64 DEFAULT 'a'", r"Cannot coerce expression 'a' of type STRING to INT64 at \[1:1\]"),
        ("SELECT 1;\nSELECT 1 / 0", r"Query error: .*ivision by zero.* at \[2:1\]"),
        ("SELECT 1;\n  SELECT wrong", r"Unrecognized name: wrong at \[2:10\]"),
        ("SET x = 1", "Undeclared variable: x"),
        ("DECLARE x INT64; DECLARE X INT64", "Variable 'X' has already been declared"),
        ("BEGIN DECLARE y INT64; END; SELECT y", "Unrecognized name: y"),
        ("IF TRUE THEN SELECT 1; END", r"Syntax error: Expected keyword IF but got end of script at \[1:27\]"),
        ("RAISE USING MESSAGE = 'stop here'", r"Query error: stop here at \[1:1\]"),
        ("ASSERT 1 = 2 AS 'one is not two'", r"Query error: one is not two at \[1:1\]"),
        ("SELECT 1; BREAK", "only allowed inside of a loop"),
        ("SELECT @@no_such", "does not support the system variable @@no_such"),
        ("CREATE TEMP TABLE t AS SELECT 1 AS a", "requires a script or session"),
        ("CREATE TEMP FUNCTION f(x INT64) AS (x)", "must be followed by an actual query"),
        ("CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1, 2)", r"Supported signature: F\(INT64\)"),
        ("CREATE TEMP FUNCTION f() RETURNS INT64 LANGUAGE js AS 'return 1'; SELECT f()", "other languages than SQL"),
    ],
)  # fmt: skip
def test_error_of_a_script_names_problem_and_place(client: bigquery.Client, script: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        client.query(script).result()


def test_error_keeps_the_effects_of_earlier_statements(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(BadRequest, match="division by zero"):
        client.query(f"CREATE TABLE {dataset}.first AS SELECT 1 AS a; SELECT 1 / 0").result()
    assert _rows(client, f"SELECT a FROM {dataset}.first") == [(1,)]


def test_statements_are_child_jobs_of_the_script(client: bigquery.Client, dataset: str) -> None:
    job = client.query(f"DECLARE x INT64 DEFAULT 2;\nSELECT n FROM {dataset}.t WHERE n = x;\nSELECT x + 1")
    assert [tuple(row.values()) for row in job.result()] == [(3,)]
    assert (job.statement_type, job.num_child_jobs) == ("SCRIPT", 2)
    last, first = client.list_jobs(parent_job=job)
    assert [tuple(row.values()) for row in first.result()] == [(2,)]
    assert (first.parent_job_id, first.statement_type, last.query) == (job.job_id, "SELECT", "SELECT x + 1")
    frame = last.script_statistics.stack_frames[0]
    assert (last.script_statistics.evaluation_kind, frame.start_line, frame.start_column) == ("STATEMENT", 3, 1)
    assert first.job_id not in [item.job_id for item in client.list_jobs()]


def test_temporary_tables_are_visible_only_in_their_script(client: bigquery.Client) -> None:
    client.query("CREATE TEMP TABLE kept AS SELECT 1 AS a; SELECT a FROM kept").result()
    assert not [item.dataset_id for item in client.list_datasets() if item.dataset_id.startswith("_")]
    with pytest.raises(BadRequest, match='Table "kept" must be qualified with a dataset'):
        client.query("SELECT * FROM kept").result()


def test_temporary_function_before_one_query_is_not_a_script(client: bigquery.Client) -> None:
    job = client.query("CREATE TEMP FUNCTION one() AS (1); SELECT one()")
    assert (next(iter(job.result()))[0], job.statement_type, job.num_child_jobs) == (1, "SELECT", 0)


def test_endless_script_can_be_cancelled(client: bigquery.Client) -> None:
    job = client.query("DECLARE i DEFAULT 0; LOOP SET i = i + 1; END LOOP")
    assert job.state != "DONE"
    assert client.cancel_job(job.job_id, location=job.location).state == "DONE"
    assert _rows(client, "SELECT 1") == [(1,)]


def test_missing_table_in_a_script_is_not_found(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(NotFound, match=rf"Not found: Table test-project:{dataset}.none .* at \[2:1\]"):
        client.query(f"SELECT 1;\nSELECT * FROM {dataset}.none").result()


def test_parameters_reach_every_statement(client: bigquery.Client) -> None:
    parameters = [bigquery.ScalarQueryParameter("p", "INT64", 5)]
    assert _rows(client, "DECLARE x DEFAULT @p; SELECT x + @p", query_parameters=parameters) == [(10,)]


def test_dry_run_of_a_script_runs_nothing(client: bigquery.Client, dataset: str) -> None:
    script = f"DECLARE x DEFAULT 1; CREATE TABLE {dataset}.never AS SELECT x AS a"
    job = client.query(script, job_config=bigquery.QueryJobConfig(dry_run=True))
    assert (job.statement_type, job.total_bytes_processed) == ("SCRIPT", 0)
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.never")
