"""Rows written to files in a bucket."""

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.transfer import export
from localgcp.services.bigquery.transfer.export import Exporter, ExportOptions
from localgcp.services.bigquery.types.schema import Field, from_duckdb
from localgcp.services.storage.store import StorageStore


class Bench:
    """An exporter over a store with the bucket `exports`."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder / "state")
        settings = Settings(state_dir=folder / "state")
        self.storage = StorageStore(Context(settings=settings, state=self.state, operations=Operations(self.state)))
        self.storage.create_bucket("exports")
        self.staging = folder / "staging"
        self.exporter = Exporter(self.storage, self.staging)
        self.cursor = duckdb.connect(":memory:")
        configure(self.cursor)

    def run(self, select: str, fields: tuple[Field, ...] = (), **options: Any) -> tuple[int, int]:
        relation = self.cursor.sql(select)
        found = [from_duckdb(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]
        return self.exporter.run(select, fields or found, ExportOptions(**options), self.cursor)

    def names(self) -> list[str]:
        return [stored.name for stored in self.storage.list_objects("exports")]

    def read(self, name: str) -> bytes:
        return self.storage.content_path(self.storage.get_object("exports", name)).read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.state.close()


ROWS = "SELECT * FROM (VALUES (1::BIGINT, 'a,b'), (2, NULL)) AS t(n, s)"


def test_csv_has_a_header_and_quotes(bench: Bench) -> None:
    assert bench.run(ROWS, uri="gs://exports/a.csv") == (2, 1)
    assert bench.read("a.csv") == b'n,s\n1,"a,b"\n2,\n'


def test_csv_without_header_and_with_another_delimiter(bench: Bench) -> None:
    bench.run(ROWS, uri="gs://exports/a.csv", header=False, delimiter="|")
    assert bench.read("a.csv") == b"1|a,b\n2|\n"


def test_compressed_csv(bench: Bench) -> None:
    bench.run(ROWS, uri="gs://exports/a.csv.gz", compression="GZIP")
    assert gzip.decompress(bench.read("a.csv.gz")).startswith(b"n,s\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.1::DOUBLE", "0.1"),
        ("1e20::DOUBLE", "1e+20"),
        ("TIMESTAMPTZ '2020-01-02 03:04:05+00'", "2020-01-02 03:04:05 UTC"),
        ("TIMESTAMP '2020-01-02 03:04:05.25'", "2020-01-02T03:04:05.250"),
        ("1.50::DECIMAL(38, 9)", "1.5"),
        ("true", "true"),
        ("'\\x61\\x62'::BLOB", "YWI="),
    ],
)
def test_cells_of_csv_are_written_as_bigquery_does(bench: Bench, value: str, text: str) -> None:
    bench.run(f"SELECT {value} AS x", uri="gs://exports/a.csv", header=False)
    assert bench.read("a.csv").decode() == f"{text}\n"


def test_json_leaves_nulls_out_and_writes_integers_as_text(bench: Bench) -> None:
    select = "SELECT *, [1, 2]::BIGINT[] AS l FROM (VALUES (1::BIGINT, 'a\"b'), (NULL, NULL)) AS t(n, s)"
    bench.run(select, uri="gs://exports/a.json", format="NEWLINE_DELIMITED_JSON")
    first, second = map(json.loads, bench.read("a.json").splitlines())
    assert (first["n"], first["s"]) == ("1", 'a"b')
    assert set(second) == {"l"}


def test_parquet_shards_are_numbered_with_twelve_digits_and_hold_all_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_SHARD_BYTES", 10_000)
    rows, files = bench.run(
        "SELECT i, hash(i)::VARCHAR AS h FROM range(300000) AS t(i)", uri="gs://exports/d/x-*.parquet", format="PARQUET"
    )
    assert rows == 300_000
    assert files > 1
    assert bench.names() == [f"d/x-{number:012d}.parquet" for number in range(files)]
    read = [pq.read_table(io.BytesIO(bench.read(name))) for name in bench.names()]
    assert sorted(value for table in read for value in table["i"].to_pylist()) == list(range(300_000))


def test_empty_result_is_one_file_with_the_schema(bench: Bench) -> None:
    assert bench.run(f"{ROWS} WHERE false", uri="gs://exports/x-*.parquet", format="PARQUET") == (0, 1)
    assert pq.read_schema(io.BytesIO(bench.read("x-000000000000.parquet"))).names == ["n", "s"]


def test_failed_query_publishes_and_leaves_no_file(bench: Bench) -> None:
    select = "SELECT CASE WHEN i = 200000 THEN error('too far') ELSE i END AS i FROM range(300000) AS t(i)"
    with pytest.raises(duckdb.Error, match="too far"):
        bench.run(select, (Field(name="i", type="INTEGER"),), uri="gs://exports/x-*.csv")
    assert bench.names() == []
    assert list(bench.staging.iterdir()) == []


def test_existing_files_are_refused_unless_overwrite(bench: Bench) -> None:
    bench.storage.put_bytes("exports", "x-000000000007.csv", b"there")
    with pytest.raises(ApiError, match=r"for example gs://exports/x-000000000007\.csv"):
        bench.run(ROWS, uri="gs://exports/x-*.csv", overwrite=False)
    bench.run(ROWS, uri="gs://exports/x-*.csv", overwrite=True)
    assert bench.read("x-000000000007.csv") == b"there"
    assert bench.read("x-000000000000.csv").startswith(b"n,s\n")


@pytest.mark.parametrize("name", ["other-1.csv", "x-1.parquet"])
def test_files_of_other_names_may_exist(bench: Bench, name: str) -> None:
    bench.storage.put_bytes("exports", name, b"there")
    bench.run(ROWS, uri="gs://exports/x-*.csv", overwrite=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"uri": "s3://exports/x"}, "expected gs://BUCKET/OBJECT"),
        ({"uri": "gs://exports/a-*-*.csv"}, r"at most one \*"),
        ({"uri": "gs://exports/x", "format": "ORC"}, "does not export ORC"),
        ({"uri": "gs://exports/x", "compression": "SNAPPY"}, "SNAPPY is not available for CSV"),
        ({"uri": "gs://none/x"}, "bucket does not exist: none"),
    ],
)
def test_invalid_export_is_refused_before_the_query_runs(bench: Bench, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        bench.exporter.check(ExportOptions(**options))


def test_csv_refuses_nested_columns(bench: Bench) -> None:
    with pytest.raises(ApiError, match=r"nested schema\. Field: s"):
        bench.run("SELECT {'a': 1} AS s", uri="gs://exports/a.csv")


def test_unfinished_files_of_a_killed_server_are_removed(bench: Bench) -> None:
    (bench.staging / "left").mkdir()
    Exporter(bench.storage, bench.staging)
    assert list(bench.staging.iterdir()) == []
