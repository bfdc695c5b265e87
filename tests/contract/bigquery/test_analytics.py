"""Queries of GoogleSQL through google-cloud-bigquery: windows, pivots, groupings, value tables, pipes."""

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

_NUMBERS = "UNNEST([1, 2, 4, 7]) AS x"
_ROWS = "UNNEST([STRUCT('x' AS a, 1 AS b, 10 AS n), ('x', 2, 20), ('y', 1, 5)])"
_SALES = (
    "(SELECT 'Kale' AS product, 51 AS sales, 'Q1' AS quarter UNION ALL SELECT 'Kale', 23, 'Q2'"
    " UNION ALL SELECT 'Apple', 77, 'Q1' UNION ALL SELECT 'Apple', 1, 'Q2')"
)
_QUARTERS = "(SELECT 'Kale' AS product, 51 AS Q1, 23 AS Q2, CAST(NULL AS INT64) AS Q3, 3 AS Q4)"
_STRUCTS = "UNNEST([STRUCT(1 AS g, 2 AS h), (3, 4)])"

# The rows, in their order.
_WINDOWS = {
    f"SELECT SUM(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM {_NUMBERS} ORDER BY x": [
        (3,),
        (7,),
        (13,),
        (11,),
    ],
    f"SELECT COUNT(*) OVER (ORDER BY x RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM {_NUMBERS} ORDER BY x": [
        (1,),
        (2,),
        (2,),
        (1,),
    ],
    f"SELECT SUM(x) OVER w, MAX(x) OVER (w ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM {_NUMBERS}"
    " WINDOW w AS (ORDER BY x) ORDER BY x": [(1, 2), (3, 4), (7, 7), (14, 7)],
    f"SELECT COUNT(x) OVER b FROM {_NUMBERS} WINDOW a AS (PARTITION BY x > 2), b AS a ORDER BY x": [(2,)] * 4,
    "SELECT NTH_VALUE(x, 2) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),"
    " NTH_VALUE(x IGNORE NULLS, 2) OVER (ORDER BY x) FROM UNNEST([NULL, 1, 2]) AS x ORDER BY x": [
        (1, None),
        (1, None),
        (1, 2),
    ],
    "SELECT FIRST_VALUE(x) OVER (ORDER BY x), FIRST_VALUE(x IGNORE NULLS) OVER (ORDER BY x),"
    " LAST_VALUE(x IGNORE NULLS) OVER (ORDER BY x DESC) FROM UNNEST([NULL, 1, 2]) AS x ORDER BY x": [
        (None, None, 1),
        (None, 1, 1),
        (None, 1, 2),
    ],
    "SELECT LAG(x) OVER (ORDER BY x), LAG(x, 2) OVER (ORDER BY x), LEAD(x, 1, -1) OVER (ORDER BY x)"
    f" FROM {_NUMBERS} ORDER BY x": [(None, None, 2), (1, None, 4), (2, 1, 7), (4, 2, -1)],
    "SELECT NTILE(3) OVER (ORDER BY x), PERCENT_RANK() OVER (ORDER BY x), CUME_DIST() OVER (ORDER BY x),"
    " RANK() OVER (ORDER BY x), DENSE_RANK() OVER (ORDER BY x) FROM UNNEST([1, 2, 2, 7, 9]) AS x ORDER BY x, 1": [
        (1, 0.0, 0.2, 1, 1),
        (1, 0.25, 0.6, 2, 2),
        (2, 0.25, 0.6, 2, 2),
        (2, 0.75, 0.8, 4, 3),
        (3, 1.0, 1.0, 5, 4),
    ],
    "SELECT PERCENTILE_CONT(x, 0) OVER (), PERCENTILE_CONT(x, 0.01) OVER (), PERCENTILE_CONT(x, 0.5) OVER (),"
    " PERCENTILE_CONT(x, 0.9) OVER () FROM UNNEST([0, 3, NULL, 1, 2]) AS x LIMIT 1": [(0.0, 0.03, 1.5, 2.7)],
    "SELECT PERCENTILE_CONT(x, 0 RESPECT NULLS) OVER (), PERCENTILE_CONT(x, 0.01 RESPECT NULLS) OVER (),"
    " PERCENTILE_CONT(x, 0.5 RESPECT NULLS) OVER (), PERCENTILE_CONT(x, 0.9 RESPECT NULLS) OVER ()"
    " FROM UNNEST([0, 3, NULL, 1, 2]) AS x LIMIT 1": [(None, 0.0, 1.0, 2.6)],
    "SELECT PERCENTILE_DISC(x, 0) OVER (), PERCENTILE_DISC(x, 0.5) OVER (), PERCENTILE_DISC(x, 1) OVER ()"
    " FROM UNNEST(['c', NULL, 'b', 'a']) AS x LIMIT 1": [("a", "b", "c")],
    "SELECT PERCENTILE_DISC(x, 0 RESPECT NULLS) OVER (), PERCENTILE_DISC(x, 0.5 RESPECT NULLS) OVER (),"
    " PERCENTILE_DISC(x, 1 RESPECT NULLS) OVER () FROM UNNEST(['c', NULL, 'b', 'a']) AS x LIMIT 1": [(None, "a", "c")],
    f"SELECT x FROM {_NUMBERS} WHERE TRUE QUALIFY ROW_NUMBER() OVER (ORDER BY x DESC) <= 2 ORDER BY x": [(4,), (7,)],
    f"SELECT x, RANK() OVER (ORDER BY x DESC) AS r FROM {_NUMBERS} QUALIFY r <= 2 ORDER BY x": [(4, 2), (7, 1)],
}
_GROUPS = {
    f"SELECT a, b, SUM(n), GROUPING(a), GROUPING(b) FROM {_ROWS} GROUP BY ROLLUP(a, b) ORDER BY a, b": [
        (None, None, 35, 1, 1),
        ("x", None, 30, 0, 1),
        ("x", 1, 10, 0, 0),
        ("x", 2, 20, 0, 0),
        ("y", None, 5, 0, 1),
        ("y", 1, 5, 0, 0),
    ],
    f"SELECT a, b, SUM(n) FROM {_ROWS} GROUP BY CUBE(a, b) HAVING a IS NULL ORDER BY a, b": [
        (None, None, 35),
        (None, 1, 15),
        (None, 2, 20),
    ],
    f"SELECT a, b, SUM(n) FROM {_ROWS} GROUP BY GROUPING SETS(a, b, ()) ORDER BY a, b": [
        (None, None, 35),
        (None, 1, 15),
        (None, 2, 20),
        ("x", None, 30),
        ("y", None, 5),
    ],
    f"SELECT a, SUM(n) FROM {_ROWS} GROUP BY ALL ORDER BY a": [("x", 30), ("y", 5)],
}
_SETS = {
    "SELECT COUNT(*) FROM (SELECT 1 AS a) TABLESAMPLE SYSTEM (100 PERCENT)": [(1,)],
    "SELECT 1 AS a UNION DISTINCT SELECT 1": [(1,)],
    "SELECT * FROM UNNEST([1, 2, 2, 3]) AS a INTERSECT DISTINCT SELECT 2 ORDER BY a": [(2,)],
    "SELECT * FROM UNNEST([1, 2, 2, 3]) AS a EXCEPT DISTINCT SELECT 2 ORDER BY a": [(1,), (3,)],
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n": [(10,)],
    "WITH t AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT a, (SELECT COUNT(*) FROM t AS u WHERE u.a <= t.a),"
    " EXISTS(SELECT 1 FROM t AS u WHERE u.a > t.a) FROM t ORDER BY a": [(1, 1, True), (2, 2, False)],
    "SELECT ARRAY(SELECT x FROM UNNEST([3, 1]) AS x WITH OFFSET AS o ORDER BY o DESC)": [([1, 3],)],
    "SELECT * FROM (SELECT 1 AS id, 'a' AS x) JOIN (SELECT 1 AS id, 'b' AS y) USING (id)": [(1, "a", "b")],
    "WITH t AS (SELECT [1, 2] AS xs UNION ALL SELECT []) SELECT x FROM t LEFT JOIN UNNEST(xs) AS x ORDER BY x": [
        (None,),
        (1,),
        (2,),
    ],
    f"FROM {_NUMBERS} |> WHERE x > 1 |> ORDER BY x |> LIMIT 2 |> WHERE x > 2 |> SELECT x * 10 AS y": [(40,)],
    f"FROM {_NUMBERS} |> LIMIT 2 |> AGGREGATE COUNT(*) AS c": [(2,)],
    f"FROM {_NUMBERS} |> EXTEND MOD(x, 2) AS odd |> AGGREGATE SUM(x) AS s GROUP BY odd |> ORDER BY odd": [
        (0, 6),
        (1, 8),
    ],
    f"FROM {_NUMBERS} |> SELECT MOD(x, 2) AS odd |> DISTINCT |> ORDER BY odd": [(0,), (1,)],
}
# The names of the columns and the rows.
_TABLES = {
    f"SELECT * FROM {_SALES} PIVOT(SUM(sales) FOR quarter IN ('Q1', 'Q2')) ORDER BY product": (
        ["product", "Q1", "Q2"],
        [("Apple", 77, 1), ("Kale", 51, 23)],
    ),
    f"SELECT * FROM {_SALES} PIVOT(SUM(sales) AS total, COUNT(*) AS num FOR quarter IN ('Q1' AS a, 'Q3'))"
    " WHERE product = 'Kale'": (["product", "total_a", "num_a", "total_Q3", "num_Q3"], [("Kale", 51, 1, None, 0)]),
    "SELECT * FROM (SELECT 2 AS n, 1 AS k UNION ALL SELECT 3, -1) PIVOT(SUM(n) FOR k IN (1, -1)) AS p": (
        ["_1", "minus_1"],
        [(2, 3)],
    ),
    "SELECT p._2024_01_31 FROM (SELECT 2 AS n, DATE '2024-01-31' AS d)"
    " PIVOT(SUM(n) FOR d IN (DATE '2024-01-31')) AS p": (
        ["_2024_01_31"],
        [(2,)],
    ),
    f"SELECT * FROM {_QUARTERS} UNPIVOT(sales FOR quarter IN (Q1, Q2, Q3, Q4))": (
        ["product", "sales", "quarter"],
        [("Kale", 51, "Q1"), ("Kale", 23, "Q2"), ("Kale", 3, "Q4")],
    ),
    f"SELECT * FROM {_QUARTERS} UNPIVOT INCLUDE NULLS (sales FOR quarter IN (Q1 AS 1, Q3 AS 3))": (
        ["product", "Q2", "Q4", "sales", "quarter"],
        [("Kale", 23, 3, 51, 1), ("Kale", 23, 3, None, 3)],
    ),
    f"SELECT * FROM {_QUARTERS} UNPIVOT((a, b) FOR half IN ((Q1, Q2) AS 'first', (Q2, Q4) AS 'second'))": (
        ["product", "Q3", "a", "b", "half"],
        [("Kale", None, 51, 23, "first"), ("Kale", None, 23, 3, "second")],
    ),
    "SELECT * EXCEPT (a) REPLACE (b * 10 AS b) FROM (SELECT 1 AS a, 2 AS b)": (["b"], [(20,)]),
    "SELECT * FROM UNNEST([10, 20]) AS v WITH OFFSET AS o ORDER BY o": (["v", "o"], [(10, 0), (20, 1)]),
    f"SELECT s.g, o FROM {_STRUCTS} AS s WITH OFFSET AS o ORDER BY o": (["g", "o"], [(1, 0), (3, 1)]),
    f"SELECT * FROM {_STRUCTS} WITH OFFSET ORDER BY offset": (["g", "h", "offset"], [(1, 2, 0), (3, 4, 1)]),
    "SELECT AS STRUCT 1 AS a, 2 AS b": (["a", "b"], [(1, 2)]),
    "SELECT x.b FROM (SELECT AS VALUE STRUCT(1 AS a, 2 AS b)) AS x": (["b"], [(2,)]),
    "WITH t AS (SELECT 1 AS id, 5 AS v UNION ALL SELECT 1, 7 UNION ALL SELECT 2, 3) SELECT AS VALUE"
    " ARRAY_AGG(t ORDER BY v DESC LIMIT 1)[OFFSET(0)] FROM t GROUP BY id ORDER BY id": (["id", "v"], [(1, 7), (2, 3)]),
    "SELECT AS VALUE 1 + 1": (["f0_"], [(2,)]),
    f"SELECT ARRAY(SELECT AS STRUCT * EXCEPT (h) FROM {_STRUCTS} ORDER BY g DESC) AS gs": (
        ["gs"],
        [([{"g": 3}, {"g": 1}],)],
    ),
    "SELECT TO_JSON_STRING((SELECT AS STRUCT t.* EXCEPT (a), 3 AS c)) AS j FROM (SELECT 1 AS a, 'x' AS b) AS t": (
        ["j"],
        [('{"b":"x","c":3}',)],
    ),
}


@pytest.mark.parametrize(("query", "rows"), [*_WINDOWS.items(), *_GROUPS.items(), *_SETS.items()])
def test_query_has_its_documented_rows(client: bigquery.Client, query: str, rows: list[tuple[object, ...]]) -> None:
    assert [row.values() for row in client.query_and_wait(query)] == rows


@pytest.mark.parametrize(("query", "table"), _TABLES.items())
def test_query_has_its_documented_columns_and_rows(
    client: bigquery.Client, query: str, table: tuple[list[str], list[tuple[object, ...]]]
) -> None:
    found = client.query_and_wait(query)
    assert ([field.name for field in found.schema], [row.values() for row in found]) == table


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT 1 AS a UNION SELECT 2", "Syntax error"),
        ("FROM UNNEST([1]) AS x |> SET x = 2", "Syntax error: .*SET"),
        ("SELECT RANGE(DATE '2020-01-01', NULL)", "localgcp does not support the function RANGE"),
    ],
)
def test_unsupported_query_is_refused(client: bigquery.Client, query: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        client.query_and_wait(query)
