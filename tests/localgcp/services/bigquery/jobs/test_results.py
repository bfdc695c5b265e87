"""Results of queries without a destination: how long they are kept, and where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from localgcp.services.bigquery.jobs import results as module
from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.types.schema import Field

_FIELDS = (Field(name="x", type="INTEGER"),)


@pytest.fixture
def cursor() -> Iterator[Any]:
    with duckdb.connect() as made:
        yield made


def _write(results: QueryResults, cursor: Any) -> Any:
    name = results.new_name("p")
    results.write(name, _FIELDS, cursor, "SELECT range AS x FROM range(100)")
    return name


def test_result_is_kept_for_a_day(tmp_path: Path, cursor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000
    monkeypatch.setattr(module, "now_ms", lambda: now)
    results = QueryResults(tmp_path / "r")
    name = _write(results, cursor)
    now += 24 * 3_600_000 - 1
    assert results.find(name) is not None
    now += 1
    assert results.find(name) is None


def test_results_beyond_the_memory_limit_are_read_from_disk(
    tmp_path: Path, cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MEMORY_BYTES", 1_200)
    results = QueryResults(tmp_path / "r")
    names = [_write(results, cursor) for _ in range(3)]
    assert len(list((tmp_path / "r").iterdir())) == 2
    assert [found[1].num_rows for name in names if (found := results.find(name)) is not None] == [100, 100, 100]


def test_oldest_results_are_removed_beyond_the_limit(
    tmp_path: Path, cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    results = QueryResults(tmp_path / "r")
    names = [_write(results, cursor) for _ in range(3)]
    assert [results.find(name) is not None for name in names] == [False, True, True]


def test_failed_query_leaves_no_file(tmp_path: Path, cursor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY_BYTES", 0)
    results = QueryResults(tmp_path / "r")
    failing = "SELECT CASE WHEN range < 300000 THEN range ELSE error('late') END AS x FROM range(300001)"
    with pytest.raises(duckdb.Error, match="late"):
        results.write(results.new_name("p"), _FIELDS, cursor, failing)
    assert list((tmp_path / "r").iterdir()) == []
