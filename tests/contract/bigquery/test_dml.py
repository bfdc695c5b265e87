"""DML of BigQuery through google-cloud-bigquery: changed rows, their counts, and refused statements."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery


@pytest.fixture(scope="module")
def dataset(client: bigquery.Client) -> str:
    name = f"dml_{uuid4().hex[:8]}"
    client.create_dataset(name)
    return name


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    name = f"{dataset}.t_{uuid4().hex[:8]}"
    sql = f"""CREATE TABLE {name} (
                id INT64, name STRING(5) DEFAULT 'none', day DATE, at TIMESTAMP, amount NUMERIC,
                place STRUCT<city STRING, at STRUCT<lat FLOAT64, lon FLOAT64>>, tags ARRAY<STRING>);
              INSERT INTO {name} (id, name, place) VALUES
                (1, 'one', STRUCT('Bonn', STRUCT(1.0, 2.0))), (2, 'two', NULL)"""
    client.query(sql).result()
    return name


def _run(client: bigquery.Client, sql: str, **config: Any) -> bigquery.QueryJob:
    job = client.query(sql, job_config=bigquery.QueryJobConfig(**config))
    job.result()
    return job


def _rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query(sql).result()]


@pytest.mark.parametrize(
    ("columns", "values", "expected"),
    [
        ("id", "(7)", (7, "none", None, None, None, None, [])),
        ("name, id", "('x', 7)", (7, "x", None, None, None, None, [])),
        ("id, name", "(7, DEFAULT)", (7, "none", None, None, None, None, [])),
        ("id, name", "(7, NULL)", (7, None, None, None, None, None, [])),
        ("id, day", "(7, '2024-01-02')", (7, "none", date(2024, 1, 2), None, None, None, [])),
        ("id, amount", "(7, 1.5)", (7, "none", None, None, Decimal("1.5"), None, [])),
        ("id, amount", "(7, 2)", (7, "none", None, None, Decimal(2), None, [])),
        (
            "id, at",
            "(7, '2024-01-02 03:04:05+00')",
            (7, "none", None, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), None, None, []),
        ),
        ("id, tags", "(7, ['a', 'b'])", (7, "none", None, None, None, None, ["a", "b"])),
        ("id, tags", "(7, [])", (7, "none", None, None, None, None, [])),
    ],
)
def test_values_are_inserted(
    client: bigquery.Client, table: str, columns: str, values: str, expected: tuple[Any, ...]
) -> None:
    job = _run(client, f"INSERT INTO {table} ({columns}) VALUES {values}")
    assert job.num_dml_affected_rows == 1
    assert _rows(client, f"SELECT * FROM {table} WHERE id = 7") == [expected]


def test_query_is_inserted_by_position(client: bigquery.Client, table: str) -> None:
    _run(client, f"INSERT INTO {table} (name, id, amount) SELECT name AS id, id + 10 AS name, id FROM {table}")
    assert _rows(client, f"SELECT id, name, amount FROM {table} WHERE id > 10 ORDER BY id") == [
        (11, "one", Decimal(1)),
        (12, "two", Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "INSERT INTO {t} (id) VALUES ('x')",
            "Value has type STRING which cannot be inserted into column id, which",
        ),
        ("INSERT INTO {t} (id) VALUES (1.5)", "Value has type FLOAT64 which cannot be inserted into column id"),
        ("INSERT INTO {t} (name) VALUES (1)", "Value has type INT64 which cannot be inserted into column name"),
        ("INSERT INTO {t} (tags) VALUES ('a')", "Value has type STRING which cannot .* type ARRAY<STRING>"),
        ("INSERT INTO {t} (id) SELECT 'x'", "Query column 1 has type STRING which cannot be inserted into column id"),
        (
            "INSERT INTO {t} (id, day) SELECT 1, name FROM {t}",
            "Query column 2 has type STRING which cannot",
        ),
        ("INSERT INTO {t} (id) VALUES (1, 2)", "Inserted row has wrong column count; Has 2, expected 1"),
        ("INSERT INTO {t} VALUES (1, 'a')", "Inserted row has wrong column count; Has 2, expected 7"),
        ("INSERT INTO {t} (id) SELECT 1, 2", "Inserted row has wrong column count; Has 2, expected 1"),
        ("INSERT INTO {t} (id, ID) VALUES (1, 2)", "INSERT has columns with duplicate name: ID"),
        ("INSERT INTO {t} (none) VALUES (1)", "Column none is not present in table"),
        ("INSERT INTO {t} (name) VALUES ('123456')", r"STRING\(5\) has maximum length 5 but got a value with length 6"),
        ("UPDATE {t} SET id = 'x' WHERE TRUE", "Value of type STRING cannot be assigned to id, which has type INT64"),
        (
            "UPDATE {t} SET place.city = 1 WHERE TRUE",
            "Value of type INT64 cannot be assigned to place.city",
        ),
        ("UPDATE {t} SET name = '123456' WHERE TRUE", r"STRING\(5\) has maximum length 5"),
        ("UPDATE {t} SET tags = ['a', NULL] WHERE TRUE", "Array cannot have a null element"),
        ("UPDATE {t} SET none = 1 WHERE TRUE", "Column none is not present in table"),
        ("UPDATE {t} SET id = 1", "must have a WHERE clause"),
        (
            "UPDATE {t} AS t SET name = s.n FROM UNNEST([STRUCT(1 AS i, 'a' AS n), (1, 'b')]) AS s WHERE t.id = s.i",
            "UPDATE/MERGE must match at most one source row for each target row",
        ),
        (
            "MERGE {t} AS t USING (SELECT 1 AS i UNION ALL SELECT 1) AS s ON t.id = s.i "
            "WHEN MATCHED THEN UPDATE SET name = 'x'",
            "UPDATE/MERGE must match at most one source row for each target row",
        ),
        (
            "MERGE {t} AS t USING (SELECT 'a' AS i) AS s ON FALSE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.i)",
            "Value has type STRING which cannot be inserted into column id",
        ),
    ],
)
def test_refused_statement_changes_nothing(client: bigquery.Client, table: str, sql: str, message: str) -> None:
    before = _rows(client, f"SELECT * FROM {table} ORDER BY id")
    with pytest.raises(BadRequest, match=message):
        _run(client, sql.format(t=table))
    assert _rows(client, f"SELECT * FROM {table} ORDER BY id") == before


def test_string_parameter_is_not_coerced_to_a_number(client: bigquery.Client, table: str) -> None:
    text = bigquery.ScalarQueryParameter("v", "STRING", "1")
    with pytest.raises(BadRequest, match="Value has type STRING which cannot be inserted into column id"):
        _run(client, f"INSERT INTO {table} (id) VALUES (@v)", query_parameters=[text])


def test_fields_of_a_record_are_updated(client: bigquery.Client, table: str) -> None:
    _run(client, f"UPDATE {table} SET place.at.lat = 9, place.city = UPPER(place.city), amount = id WHERE id = 1")
    assert _rows(client, f"SELECT place, amount FROM {table} WHERE id = 1") == [
        ({"city": "BONN", "at": {"lat": 9.0, "lon": 2.0}}, Decimal(1))
    ]


def test_update_from_another_table(client: bigquery.Client, table: str) -> None:
    job = _run(
        client,
        f"UPDATE {table} AS t SET name = s.n, tags = ARRAY_CONCAT(tags, ['x']) "
        "FROM (SELECT 2 AS i, 'new' AS n) AS s WHERE t.id = s.i",
    )
    assert job.num_dml_affected_rows == 1
    assert _rows(client, f"SELECT id, name, tags FROM {table} ORDER BY id") == [(1, "one", []), (2, "new", ["x"])]


@pytest.mark.parametrize(
    "sources", ["{t} AS a, {t} AS b WHERE a.id = b.id", "{t} AS a JOIN {t} AS b ON a.id = b.id WHERE TRUE"]
)
def test_update_from_several_tables(client: bigquery.Client, table: str, sources: str) -> None:
    _run(client, f"UPDATE {table} AS t SET amount = a.id + b.id FROM {sources.format(t=table)} AND t.id = a.id")
    assert _rows(client, f"SELECT id, amount FROM {table} ORDER BY id") == [(1, Decimal(2)), (2, Decimal(4))]


def test_merge_computes_with_both_tables(client: bigquery.Client, table: str) -> None:
    sql = (
        f"MERGE {table} AS t USING (SELECT 1 AS i) AS s ON t.id = s.i WHEN MATCHED THEN UPDATE SET id = t.id + s.i + 4"
    )
    client.query(sql, retry=None, job_retry=None).result(retry=None, job_retry=None)
    assert _rows(client, f"SELECT id FROM {table} ORDER BY id") == [(2,), (6,)]


def test_update_to_the_default(client: bigquery.Client, table: str) -> None:
    _run(client, f"UPDATE {table} SET name = DEFAULT WHERE id = 1")
    assert _rows(client, f"SELECT name FROM {table} WHERE id = 1") == [("none",)]


def test_merge_with_all_clauses_counts_each_kind(client: bigquery.Client, table: str) -> None:
    job = _run(
        client,
        f"""MERGE {table} AS t USING (SELECT 1 AS i, 'a' AS n UNION ALL SELECT 3, 'c' UNION ALL SELECT 4, 'd') AS s
            ON t.id = s.i
            WHEN MATCHED AND s.n = 'zzz' THEN DELETE
            WHEN MATCHED THEN UPDATE SET name = s.n, amount = 5
            WHEN NOT MATCHED AND s.i > 3 THEN INSERT (id, name) VALUES (s.i, 'big')
            WHEN NOT MATCHED THEN INSERT (id, name) VALUES (i, n)
            WHEN NOT MATCHED BY SOURCE THEN DELETE""",
    )
    assert job.num_dml_affected_rows == 4
    stats = job.dml_stats
    assert stats is not None
    assert (stats.inserted_row_count, stats.updated_row_count, stats.deleted_row_count) == (2, 1, 1)
    assert _rows(client, f"SELECT id, name FROM {table} ORDER BY id") == [(1, "a"), (3, "c"), (4, "big")]


def test_merge_inserts_whole_rows_by_position(client: bigquery.Client, dataset: str) -> None:
    _run(client, f"CREATE TABLE {dataset}.whole (a INT64, b STRING); CREATE TABLE {dataset}.src (x INT64, y STRING)")
    _run(client, f"INSERT INTO {dataset}.src VALUES (1, 'one')")
    _run(client, f"MERGE {dataset}.whole USING {dataset}.src ON FALSE WHEN NOT MATCHED THEN INSERT ROW")
    assert _rows(client, f"SELECT a, b FROM {dataset}.whole") == [(1, "one")]


def test_truncate_counts_the_rows(client: bigquery.Client, table: str) -> None:
    job = _run(client, f"TRUNCATE TABLE {table}")
    assert (job.statement_type, job.num_dml_affected_rows) == ("TRUNCATE_TABLE", 2)
    assert client.get_table(table).num_rows == 0
