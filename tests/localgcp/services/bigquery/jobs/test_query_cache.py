"""Which queries share a cached result."""

from dataclasses import replace
from typing import Any

import pytest

from localgcp.services.bigquery.jobs.query_cache import cache_key, is_deterministic, is_streamed
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName

_NAME = TableName("p", "d", "t")
_ENTRY = TableEntry(
    name=_NAME, fields=(), settings={}, physical="t_1", view=None, created_ms=1, modified_ms=1, version=1, location="US"
)
_QUERY = {"query": "SELECT 1", "queryParameters": [{"name": "a"}], "defaultDataset": {"datasetId": "d"}}
_HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a, SUM(b) OVER (ORDER BY c) FROM d.t", True),
        ("SELECT FARM_FINGERPRINT('rand()')", True),
        ("SELECT DATE(2024, 1, 31), current_date_of_ours FROM d.t", True),
        ("SELECT RAND()", False),
        ("SELECT * FROM (SELECT generate_uuid() AS id)", False),
        ("SELECT * FROM d.t WHERE day < CURRENT_DATE", False),
        ("SELECT CURRENT_DATE('UTC')", False),
        ("SELECT CURRENT_DATETIME()", False),
        ("SELECT CURRENT_TIME()", False),
        ("SELECT CURRENT_TIMESTAMP()", False),
        ("SELECT SESSION_USER()", False),
        ("SELECT * FROM d.t TABLESAMPLE SYSTEM (10 PERCENT)", False),
    ],
)
def test_deterministic_statements_are_recognized(sql: str, expected: bool) -> None:
    assert is_deterministic(parse(sql)[0]) is expected


def test_equal_queries_of_equal_tables_have_one_key() -> None:
    other = replace(_ENTRY, name=TableName("p", "d", "u"))
    keys = {cache_key(_QUERY, "p", "sql", read) for read in ([_ENTRY, other], [other, _ENTRY])}
    assert len(keys) == 1
    assert cache_key({**_QUERY, "maximumBytesBilled": "1"}, "p", "sql", [_ENTRY, other]) in keys


@pytest.mark.parametrize(
    ("query", "project", "sql", "entry"),
    [
        ({"query": "SELECT  1"}, "p", "sql", {}),
        ({"queryParameters": [{"name": "b"}]}, "p", "sql", {}),
        ({"defaultDataset": {"datasetId": "e"}}, "p", "sql", {}),
        ({}, "q", "sql", {}),
        ({}, "p", "another view", {}),
        ({}, "p", "sql", {"version": 2}),
        ({}, "p", "sql", {"physical": "t_2"}),
        ({}, "p", "sql", {"modified_ms": 2}),
    ],
)
def test_any_difference_gives_another_key(query: dict[str, Any], project: str, sql: str, entry: dict[str, Any]) -> None:
    changed = cache_key({**_QUERY, **query}, project, sql, [replace(_ENTRY, **entry)])
    assert changed != cache_key(_QUERY, "p", "sql", [_ENTRY])


@pytest.mark.parametrize(("age_ms", "expected"), [(0, True), (_HOUR_MS, True), (2 * _HOUR_MS, False)])
def test_streaming_buffers_last_for_a_while(age_ms: int, expected: bool) -> None:
    assert is_streamed([_NAME], {_NAME: 10 * _HOUR_MS}, 10 * _HOUR_MS + age_ms) is expected
    assert not is_streamed([TableName("p", "d", "u")], {_NAME: 10 * _HOUR_MS}, 10 * _HOUR_MS + age_ms)
