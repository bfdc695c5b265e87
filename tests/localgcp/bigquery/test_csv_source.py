"""CSV files by BigQuery's rules."""

import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from localgcp.bigquery.csv_source import CsvOptions, CsvSource, detect
from localgcp.bigquery.engine import configure
from localgcp.bigquery.schema import Field
from localgcp.bigquery.sources import SourceFile
from localgcp.errors import ApiError


@pytest.fixture(scope="module")
def cursor() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    configure(connection)
    return connection


def fields(*kinds: str) -> list[Field]:
    return [Field(name=f"c{index}", type=kind) for index, kind in enumerate(kinds)]


def file(folder: Path, content: str | bytes, name: str = "f.csv") -> SourceFile:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return SourceFile(path, f"gs://b/{name}")


def rows(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], kinds: Sequence[str], **load: Any
) -> list[tuple[Any, ...]]:
    source = CsvSource(files, fields(*kinds), CsvOptions.from_json(load))
    return [tuple(row.values()) for row in cursor.execute(source.select()).to_arrow_table().to_pylist()]


def failure(cursor: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], kinds: Sequence[str], **load: Any) -> str:
    source = CsvSource(files, fields(*kinds), CsvOptions.from_json(load))
    with pytest.raises(duckdb.Error) as caught:
        cursor.execute(source.select()).fetchall()
    explained = source.explain(caught.value, cursor)
    assert explained.code == 400
    return explained.message


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("STRING", " kept as it is ", " kept as it is "),
        ("STRING", '""', ""),
        ("STRING", "", None),
        ("INTEGER", "-42", -42),
        ("INTEGER", " +7 ", 7),
        ("INTEGER", "007", 7),
        ("INTEGER", "9223372036854775807", 9223372036854775807),
        ("INTEGER", "", None),
        ("FLOAT", "1e3", 1000.0),
        ("FLOAT", "-inf", float("-inf")),
        ("BOOLEAN", "TRUE", True),
        ("BOOLEAN", "n", False),
        ("BOOLEAN", "1", True),
        ("BYTES", "aGk=", b"hi"),
        ("DATE", "2020-02-29", date(2020, 2, 29)),
        ("TIME", "01:02:03.5", time(1, 2, 3, 500000)),
        ("DATETIME", "2020-01-02 03:04:05", datetime(2020, 1, 2, 3, 4, 5)),
        ("TIMESTAMP", "2020-01-02 03:04:05+02", datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("NUMERIC", "12.345", Decimal("12.345000000")),
        ("JSON", '"{""a"": 1}"', '{"a": 1}'),
    ],
)
def test_cell(cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str, cell: str, value: Any) -> None:
    assert rows(cursor, [file(tmp_path, f"x,{cell}\n")], ["STRING", kind]) == [("x", value)]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("INTEGER", "1.0"), ("INTEGER", "1e3"), ("INTEGER", "9223372036854775808"), ("INTEGER", "x"),
        ("FLOAT", "1,5"), ("BOOLEAN", "2"), ("BYTES", "?"), ("DATE", "2020-02-30"), ("TIMESTAMP", "yesterday"),
        ("NUMERIC", "many"), ("JSON", "{"),
    ],
)  # fmt: skip
def test_bad_cell_is_named_by_value_type_column_and_row(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str, cell: str
) -> None:
    content = f'head,er\nfine,\nbad,"{cell}"\n'
    message = failure(cursor, [file(tmp_path, content)], ["STRING", kind], skipLeadingRows=1)
    assert f"Could not parse '{cell}' as" in message
    assert "for field c1 (position 1) in row 3; File: gs://b/f.csv" in message


def test_bad_cell_is_named_by_its_file(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [file(tmp_path, "1\n", "one.csv"), file(tmp_path, "x\n", "two.csv")]
    assert "File: gs://b/two.csv" in failure(cursor, files, ["INTEGER"])


@pytest.mark.parametrize(("content", "columns"), [("1,2\n3\n", 1), ("1,2\n3,4,5\n", 3)])
def test_row_of_another_width_is_named(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, content: str, columns: int
) -> None:
    message = failure(cursor, [file(tmp_path, content)], ["INTEGER", "INTEGER"])
    assert f"CSV row 2 has {columns} columns, and the schema has 2" in message


def test_missing_columns_at_the_end_are_null_where_that_is_allowed(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = rows(cursor, [file(tmp_path, "1,2\n3\n")], ["INTEGER", "INTEGER"], allowJaggedRows=True)
    assert found == [(1, 2), (3, None)]


def test_bad_rows_are_left_out_and_counted_where_some_may_be(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    options = CsvOptions.from_json({"maxBadRecords": 2})
    source = CsvSource([file(tmp_path, "1\nx\n3\n1.5\n")], fields("INTEGER"), options)
    assert cursor.execute(source.select()).fetchall() == [(1,), (3,)]
    assert source.count_bad(cursor) == 2


@pytest.mark.parametrize(
    ("content", "load", "expected"),
    [
        ("a|b\n", {"fieldDelimiter": "|"}, [("a", "b")]),
        ("a\tb\n", {"fieldDelimiter": "\\t"}, [("a", "b")]),
        ("a\tb\n", {"fieldDelimiter": "tab"}, [("a", "b")]),
        ("'a,1',b\n", {"quote": "'"}, [("a,1", "b")]),
        ('"a,b\n', {"quote": ""}, [('"a', "b")]),
        ('"a ""1""\nx",b\n', {}, [('a "1"\nx', "b")]),
        ("a,NA\n", {"nullMarker": "NA"}, [("a", None)]),
        ('a,"NA"\n', {"nullMarker": "NA"}, [("a", "NA")]),
        ("1,2\n3,4\na,b\n", {"skipLeadingRows": "2"}, [("a", "b")]),
        ("a,b\r\nc,d\r\n", {}, [("a", "b"), ("c", "d")]),
        ("a,b", {}, [("a", "b")]),
        ("", {}, []),
        ("\xe9,b\n".encode("latin-1"), {"encoding": "ISO-8859-1"}, [("\xe9", "b")]),
        (gzip.compress(b"a,b\n", mtime=0), {}, [("a", "b")]),
    ],
)
def test_option(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, content: str | bytes, load: dict[str, Any], expected: Any
) -> None:
    assert rows(cursor, [file(tmp_path, content)], ["STRING", "STRING"], **load) == expected


def test_plain_and_gzipped_files_go_together(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [file(tmp_path, "1\n", "a.csv"), file(tmp_path, gzip.compress(b"2\n", mtime=0), "b.csv")]
    assert sorted(rows(cursor, files, ["INTEGER"])) == [(1,), (2,)]


@pytest.mark.parametrize("load", [{"ignoreUnknownValues": True}, {"encoding": "UTF-16LE"}])
def test_option_that_localgcp_does_not_have_is_refused(load: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="localgcp does not support"):
        CsvOptions.from_json(load)


@pytest.mark.parametrize("extra", [{"mode": "REPEATED"}, {"fields": (Field(name="x", type="INTEGER"),)}])
def test_schema_that_csv_cannot_hold_is_refused(extra: dict[str, Any]) -> None:
    field = Field(name="nested", type="RECORD" if "fields" in extra else "STRING", **extra)
    with pytest.raises(ApiError, match=r"Field nested is .* which a CSV file cannot hold"):
        CsvSource([], [field], CsvOptions())


class TestDetect:
    def test_header_gives_the_names_and_is_skipped(self, cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        files = [file(tmp_path, "name,a score,at\nada,3.5,2020-01-01 00:00:00\n")]
        found, options = detect(files, CsvOptions(), cursor)
        assert [(field.name, field.type) for field in found] == [
            ("name", "STRING"), ("a_score", "FLOAT"), ("at", "TIMESTAMP"),
        ]  # fmt: skip
        assert options.skip_leading_rows == 1

    def test_columns_without_header_are_numbered(self, cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        found, options = detect([file(tmp_path, "1,2\n3,4\n")], CsvOptions(), cursor)
        assert [(field.name, field.type) for field in found] == [
            ("string_field_0", "INTEGER"), ("string_field_1", "INTEGER"),
        ]  # fmt: skip
        assert options.skip_leading_rows == 0

    def test_file_without_rows_is_a_400_or_has_strings(self, cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
        found, _ = detect([file(tmp_path, "a,b\n")], CsvOptions(), cursor)
        assert [field.type for field in found] == ["STRING", "STRING"]
