"""Answers to the most common mistakes: HTTP status, reason, and message with line and column."""

from collections.abc import Iterator

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery import ScalarQueryParameter

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> Iterator[bigquery.Client]:
    made = bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
    made.create_dataset("wrong")
    made.query_and_wait("""CREATE TABLE wrong.t (id INT64 NOT NULL, name STRING, score FLOAT64, day DATE);
        CREATE TABLE wrong.u (id INT64, other STRING); CREATE VIEW wrong.v AS SELECT id FROM wrong.t;
        INSERT INTO wrong.t (id, name, day) VALUES (1, 'a', '2024-01-01'), (2, 'b', NULL)""")
    yield made
    made.delete_dataset("wrong", delete_contents=True)


def _refusal(client: bigquery.Client, sql: str, *parameters: ScalarQueryParameter) -> tuple[int, str, str]:
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    with pytest.raises(GoogleAPICallError) as caught:
        client.query(sql, job_config=config, retry=None, job_retry=None).result(retry=None, job_retry=None)
    assert caught.value.code is not None
    return int(caught.value.code), caught.value.errors[0]["reason"], caught.value.errors[0]["message"]


_NOT_GROUPED = "expression references column name which is neither grouped nor aggregated"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        # Names
        ("SELECT zzz FROM wrong.t", "Unrecognized name: zzz at [1:8]"),
        ("SELECT\n  id,\n  zzz\nFROM wrong.t", "Unrecognized name: zzz at [3:3]"),
        ("SELECT id FROM wrong.t WHERE nme = 'a'", "Unrecognized name: nme; Did you mean name? at [1:30]"),
        ("SELECT x.name FROM wrong.t", "Unrecognized name: x at [1:8]"),
        ("SELECT t.nme FROM wrong.t", "Name nme not found inside t at [1:10]"),
        ("SELECT no_such(1)", "Function not found: no_such at [1:8]"),
        ("SELECT id FROM wrong.t JOIN wrong.u ON TRUE", "Column name id is ambiguous at [1:8]"),
        ("SELECT id FROM none", 'Table "none" must be qualified with a dataset (e.g. dataset.table).'),
        ("SELECT * EXCEPT (zzz) FROM wrong.t", "Column zzz in SELECT * EXCEPT list does not exist at [1:18]"),
        # Arguments and operands
        ("SELECT LENGTH(1)", "No matching signature for function LENGTH for argument types: INT64 at [1:8]"),
        ("SELECT SUM(name) FROM wrong.t",
         "No matching signature for function SUM for argument types: STRING at [1:8]"),
        ("SELECT name + 1 FROM wrong.t",
         "No matching signature for operator + for argument types: STRING, INT64 at [1:8]"),
        ("SELECT id FROM wrong.t WHERE name LIKE 1",
         "No matching signature for operator LIKE for argument types: STRING, INT64 at [1:30]"),
        # Aggregates
        ("SELECT name, COUNT(*) FROM wrong.t", f"SELECT list {_NOT_GROUPED} at [1:8]"),
        ("SELECT * FROM wrong.t GROUP BY id", f"Star expansion {_NOT_GROUPED} at [1:8]"),
        ("SELECT id FROM wrong.t GROUP BY id ORDER BY name", f"ORDER BY clause {_NOT_GROUPED} at [1:45]"),
        ("SELECT id FROM wrong.t GROUP BY id HAVING name = 'a'", f"HAVING clause {_NOT_GROUPED} at [1:43]"),
        ("SELECT id FROM wrong.t WHERE COUNT(*) > 1",
         "Aggregate function COUNT not allowed in WHERE clause at [1:30]"),
        ("SELECT SUM(SUM(id)) FROM wrong.t", "Aggregations of aggregations are not allowed at [1:12]"),
        ("SELECT id FROM wrong.t WHERE ROW_NUMBER() OVER () = 1",
         "Analytic function ROW_NUMBER not allowed in WHERE clause at [1:30]"),
        # Syntax
        ("SELECT 1 2", 'Syntax error: Unexpected integer literal "2" at [1:10]'),
        ("SELECT id FROM wrong.t GROUP id", 'Syntax error: Unexpected identifier "id" at [1:30]'),
        ("SELECT 1)", 'Syntax error: Unexpected ")" at [1:9]'),
        ("SELECT (1", 'Syntax error: Expected ")" but got end of script at [1:10]'),
        ("SELECT id FROM wrong.t WHERE", "Syntax error: Unexpected end of script at [1:29]"),
        ("SELECT 'abc", "Syntax error: Unclosed string literal at [1:8]"),
        ("SELECT 1,\n  `abc", "Syntax error: Unclosed identifier literal at [2:3]"),
        ("SELECT 1 UNION SELECT 2",
         "Syntax error: Expected keyword ALL or keyword DISTINCT but got keyword SELECT at [1:16]"),
        ("SELECT *", "SELECT * must have a FROM clause at [1:8]"),
        # Columns
        ("SELECT 1 AS a, 2 AS a", "Duplicate column names in the result are not supported. Found duplicate(s): a"),
        ("SELECT id FROM wrong.t ORDER BY 2",
         "ORDER BY column number item is out of range. Column numbers must be between 1 and 1; found 2 at [1:33]"),
        ("SELECT (SELECT id FROM wrong.t)", "Scalar subquery produced more than one element"),
        # Values
        ("SELECT 1 / 0", "division by zero"),
        # This one comes after the first rows of the result.
        ("SELECT 1 / (n - 300000) AS x FROM UNNEST(GENERATE_ARRAY(1, 300001)) AS n", "division by zero"),
        ("SELECT CAST('x' AS INT64)", "Bad int64 value: x"),
        ("SELECT CAST('x' AS NUMERIC)", "Invalid NUMERIC value: x"),
        ("SELECT DATE '2024-13-01'", "Invalid date: '2024-13-01'"),
        ("SELECT CAST(1e30 AS INT64)", "int64 out of range: 1e+30"),
        ("SELECT CAST(day AS INT64) FROM wrong.t", "Invalid cast from DATE to INT64"),
        ("SELECT 9223372036854775807 + 1", "int64 overflow: 9223372036854775807 + 1"),
        ("SELECT @x", "Query parameter 'x' not found"),
        # DML
        ("UPDATE wrong.t SET name = 'x'", "UPDATE must have a WHERE clause at [1:1]"),
        ("SELECT 1;\nDELETE FROM wrong.t", "DELETE must have a WHERE clause at [2:1]"),
        ("INSERT INTO wrong.u VALUES (1)", "Inserted row has wrong column count; Has 1, expected 2"),
        ("INSERT INTO wrong.u (id, zzz) VALUES (1, 2)",
         "Column zzz is not present in table test-project:wrong.u at [1:26]"),
        ("INSERT INTO wrong.t (id) VALUES (NULL)", "Required field id cannot be null"),
        ("CREATE SNAPSHOT TABLE wrong.s CLONE wrong.t FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()",
         "localgcp does not support FOR SYSTEM_TIME AS OF."),
        ("DELETE FROM wrong.v WHERE TRUE", "test-project:wrong.v is a view, and its rows cannot be changed."),
    ],
)  # fmt: skip
def test_error_of_a_statement_names_problem_and_place(client: bigquery.Client, sql: str, message: str) -> None:
    code, reason, found = _refusal(client, sql)
    assert (code, reason) == (400, "invalidQuery")
    # The error of a script names its statement.
    assert found == message or (";\n" in sql and found.removeprefix("Query error: ").startswith(message))


@pytest.mark.parametrize(
    ("sql", "code", "reason", "message"),
    [
        ("SELECT 1 FROM wrong.none", 404, "notFound",
         "Not found: Table test-project:wrong.none was not found in location US"),
        ("SELECT 1 FROM none.t", 404, "notFound", "Not found: Dataset test-project:none"),
        ("CREATE SCHEMA wrong", 409, "duplicate", "Already Exists: Dataset test-project:wrong"),
        ("CREATE TABLE wrong.t (a INT64)", 409, "duplicate", "Already Exists: Table test-project:wrong.t"),
    ],
)  # fmt: skip
def test_error_names_a_missing_or_existing_resource(
    client: bigquery.Client, sql: str, code: int, reason: str, message: str
) -> None:
    assert _refusal(client, sql) == (code, reason, message)


def test_parameter_value_of_another_type_is_refused(client: bigquery.Client) -> None:
    refusal = _refusal(client, "SELECT @x", ScalarQueryParameter("x", "INT64", "abc"))
    assert refusal == (400, "invalidQuery", "Bad int64 value: abc")


def test_delete_needs_no_from(client: bigquery.Client) -> None:
    job = client.query("DELETE wrong.t WHERE id = 99")
    job.result()
    assert (job.statement_type, job.num_dml_affected_rows) == ("DELETE", 0)
