"""CSV files, read by BigQuery's rules."""

import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.engine import configure
from localgcp.services.bigquery.formats.bad_records import BadRecords, LoadError
from localgcp.services.bigquery.formats.csv_detect import detect
from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.formats.csv_source import CsvSource
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field


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


def source(files: Sequence[SourceFile], kinds: Sequence[str], **load: Any) -> CsvSource:
    bad = BadRecords("CSV", load.get("maxBadRecords", 0))
    folder = files[0].path.parent if files else Path()
    return CsvSource(files, fields(*kinds), CsvOptions.from_json(load), bad, folder)


def rows(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], kinds: Sequence[str], **load: Any
) -> list[tuple[Any, ...]]:
    found = cursor.execute(source(files, kinds, **load).select(cursor))
    return [tuple(row.values()) for row in found.to_arrow_table().to_pylist()]


def failure(cursor: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], kinds: Sequence[str], **load: Any) -> str:
    """Return the last entry of `status.errors`, which is the first bad record."""
    tried = source(files, kinds, **load)
    with pytest.raises(duckdb.Error) as caught:
        cursor.execute(tried.select(cursor)).fetchall()
    explained = tried.explain(caught.value, cursor)
    assert isinstance(explained, LoadError)
    assert explained.code == 400
    return str(explained.details[1]["message"])


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
def test_cell_is_parsed_by_the_type_of_its_column(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str, cell: str, value: Any
) -> None:
    assert rows(cursor, [file(tmp_path, f"x,{cell}\n")], ["STRING", kind]) == [("x", value)]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("INTEGER", "1.0"), ("INTEGER", "1e3"), ("INTEGER", "9223372036854775808"), ("INTEGER", "x"),
        ("FLOAT", "1,5"), ("BOOLEAN", "2"), ("BYTES", "?"), ("DATE", "2020-02-30"), ("TIMESTAMP", "yesterday"),
        ("NUMERIC", "many"), ("JSON", "{"),
    ],
)  # fmt: skip
def test_error_of_a_bad_cell_names_value_type_column_and_row(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str, cell: str
) -> None:
    content = f'head,er\nfine,\nbad,"{cell}"\n'
    message = failure(cursor, [file(tmp_path, content)], ["STRING", kind], skipLeadingRows=1)
    assert f"Could not parse '{cell}' as" in message
    assert "for field c1 (position 1) starting at location 14 with message 'Unable to parse'" in message
    assert "line_number: 3 byte_offset_to_start_of_line: 14 column_index: 1" in message
    assert message.endswith("File: gs://b/f.csv")


def test_error_of_a_bad_cell_names_the_file(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [file(tmp_path, "1\n", "one.csv"), file(tmp_path, "x\n", "two.csv")]
    assert "File: gs://b/two.csv" in failure(cursor, files, ["INTEGER"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2\n3\n", "CSV table references column position 1, but line contains only 1 columns.; line_number: 2 "),
        ("1,2\n3,4,5\n", "Too many values in line. Found 3 column(s) while expected 2.; line_number: 2 "),
        ('1,2\n"a"b,4\n', "Data between close quote character"),
    ],
)
def test_error_of_a_broken_row_describes_it(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, content: str, message: str
) -> None:
    assert message in failure(cursor, [file(tmp_path, content)], ["INTEGER", "INTEGER"])


def test_position_of_a_record_counts_quoted_newlines_and_broken_records(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = 'head,er\n"a\nb",1\nbroken\nc,2\nd,x\n'
    tried = source([file(tmp_path, content)], ["STRING", "INTEGER"], skipLeadingRows=1, allowQuotedNewlines=True)
    with pytest.raises(duckdb.Error) as caught:
        cursor.execute(tried.select(cursor)).fetchall()
    explained = tried.explain(caught.value, cursor)
    assert isinstance(explained, LoadError)
    places = [entry["message"].split("line_number: ")[1].split(" column")[0] for entry in explained.details[1:]]
    assert places == ["4 byte_offset_to_start_of_line: 16", "6 byte_offset_to_start_of_line: 27"]
    assert explained.details[0]["message"].endswith("Rows: 4; errors: 2; max bad: 0; error percent: 0")
    assert {entry["location"] for entry in explained.details} == {"gs://b/f.csv"}


def test_missing_trailing_columns_are_null_with_allow_jagged_rows(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = rows(cursor, [file(tmp_path, "1,2\n3\n")], ["INTEGER", "INTEGER"], allowJaggedRows=True)
    assert found == [(1, 2), (3, None)]


def test_bad_rows_are_skipped_and_counted_up_to_max_bad_records(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = BadRecords("CSV", 3)
    files = [file(tmp_path, "1\nx\n3\n1,2\n1.5\n")]
    tried = CsvSource(files, fields("INTEGER"), CsvOptions.from_json({}), bad, tmp_path)
    assert cursor.execute(tried.select(cursor)).fetchall() == [(1,), (3,)]
    assert len(bad) == 3


@pytest.mark.parametrize(
    ("content", "load", "expected"),
    [
        ("a|b\n", {"fieldDelimiter": "|"}, [("a", "b")]),
        ("a\tb\n", {"fieldDelimiter": "\\t"}, [("a", "b")]),
        ("a\tb\n", {"fieldDelimiter": "tab"}, [("a", "b")]),
        ("'a,1',b\n", {"quote": "'"}, [("a,1", "b")]),
        ('"a,b\n', {"quote": ""}, [('"a', "b")]),
        ('"a ""1""\nx",b\n', {"allowQuotedNewlines": True}, [('a "1"\nx', "b")]),
        ("a,b,c\nd,e\n", {"ignoreUnknownValues": True}, [("a", "b"), ("d", "e")]),
        ("a,NA\n,x\n", {"nullMarkers": ["NA", ""]}, [("a", None), (None, "x")]),
        ("a,\n", {"nullMarker": "NA"}, [("a", "")]),
        ("a\x00b,c\n", {"preserveAsciiControlCharacters": True}, [("a\x00b", "c")]),
        ("\xe9\u20ac,b\n".encode("utf-16-le"), {"encoding": "UTF-16LE"}, [("\xe9\u20ac", "b")]),
        ("\xe9,b\n".encode("utf-32-be"), {"encoding": "UTF-32BE"}, [("\xe9", "b")]),
        ("a\xe7b\n".encode("latin-1"), {"encoding": "ISO-8859-1", "fieldDelimiter": "\xe7"}, [("a", "b")]),
        ("c1,other,c0\n1,2,3\n", {"sourceColumnMatch": "NAME", "ignoreUnknownValues": True}, [("3", "1")]),
        ("C1\n1\n", {"sourceColumnMatch": "NAME", "skipLeadingRows": 1}, [(None, "1")]),
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
def test_option_changes_the_rows(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, content: str | bytes, load: dict[str, Any], expected: Any
) -> None:
    assert rows(cursor, [file(tmp_path, content)], ["STRING", "STRING"], **load) == expected


def test_plain_and_gzip_files_are_read_together(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = [file(tmp_path, "1\n", "a.csv"), file(tmp_path, gzip.compress(b"2\n", mtime=0), "b.csv")]
    assert sorted(rows(cursor, files, ["INTEGER"])) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("load", "named"),
    [
        ({"encoding": "UTF-7"}, "encoding"),
        ({"fieldDelimiter": "||"}, "fieldDelimiter"),
        ({"fieldDelimiter": "\u20ac"}, "fieldDelimiter"),
        ({"quote": "''"}, "quote"),
        ({"nullMarker": "", "nullMarkers": ["x"]}, "nullMarkers"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "+02:00"}, "timeZone"),
        ({"dateFormat": "Q YYYY"}, "dateFormat"),
    ],
)
def test_error_names_the_invalid_or_unsupported_option(load: dict[str, Any], named: str) -> None:
    with pytest.raises(ApiError, match=named):
        CsvOptions.from_json(load)


@pytest.mark.parametrize(
    ("kind", "cell", "load", "value"),
    [
        ("DATE", "31.12.2020", {"dateFormat": "DD.MM.YYYY"}, date(2020, 12, 31)),
        ("DATETIME", "12/31/20 11:05 PM", {"datetimeFormat": "MM/DD/YY HH12:MI AM"}, datetime(2020, 12, 31, 23, 5)),
        ("TIME", "23h05", {"timeFormat": 'HH24"h"MI'}, time(23, 5)),
        (
            "TIMESTAMP", "2020-01-02 03:04:05.250 +02:00", {"timestampFormat": "YYYY-MM-DD HH24:MI:SS.FF3 TZH:TZM"},
            datetime(2020, 1, 2, 1, 4, 5, 250000, tzinfo=UTC),
        ),
        ("TIMESTAMP", "2020-07-02 03:04", {"timeZone": "Europe/Zurich"}, datetime(2020, 7, 2, 1, 4, tzinfo=UTC)),
        ("TIMESTAMP", "2020-07-02 03:04:00Z", {"timeZone": "Europe/Zurich"}, datetime(2020, 7, 2, 3, 4, tzinfo=UTC)),
        (
            "TIMESTAMP", "02.07.2020", {"timestampFormat": "DD.MM.YYYY", "timeZone": "Europe/Zurich"},
            datetime(2020, 7, 1, 22, tzinfo=UTC),
        ),
    ],
)  # fmt: skip
def test_times_are_parsed_by_format_and_zone(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str, cell: str, load: dict[str, Any], value: Any
) -> None:
    assert rows(cursor, [file(tmp_path, f"{cell}\n")], [kind], **load) == [(value,)]


@pytest.mark.parametrize(
    ("content", "load", "message"),
    [
        ('"a\nb",1\n', {}, "Missing close quote character"),
        ("a\x00b,1\n", {}, "Bad character (ASCII 0) encountered"),
        ("a,\n", {"nullMarker": "NA"}, "Could not parse '' as INT64"),
    ],
)
def test_record_that_needs_an_option_is_bad_without_it(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, content: str, load: dict[str, Any], message: str
) -> None:
    assert message in failure(cursor, [file(tmp_path, content)], ["STRING", "INTEGER"], **load)


def test_text_that_is_not_utf8_gets_replacement_characters(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tried = source([file(tmp_path, b"a\xff,b\n")], ["STRING", "STRING"])
    with pytest.raises(duckdb.Error) as caught:
        cursor.execute(tried.select(cursor)).fetchall()
    assert tried.retry(caught.value)
    assert cursor.execute(tried.select(cursor)).fetchall() == [("a\ufffd", "b")]


@pytest.mark.parametrize("extra", [{"mode": "REPEATED"}, {"fields": (Field(name="x", type="INTEGER"),)}])
def test_schema_that_csv_does_not_support_is_refused(extra: dict[str, Any]) -> None:
    field = Field(name="nested", type="RECORD" if "fields" in extra else "STRING", **extra)
    with pytest.raises(ApiError, match=r"Field nested is .* which a CSV file cannot hold"):
        CsvSource([], [field], CsvOptions(), BadRecords("CSV", 0), Path())


@pytest.mark.parametrize(
    ("content", "load", "expected", "skipped"),
    [
        ("name,a score,at\nada,3.5,2020-01-01 00:00:00\n", {}, "name STRING, a_score FLOAT, at TIMESTAMP", 1),
        ("1,2\n3,4\n", {}, "int64_field_0 INTEGER, int64_field_1 INTEGER", 0),
        ("a,b\n", {}, "string_field_0 STRING, string_field_1 STRING", 0),
        ("a,b\nc,d\n", {}, "string_field_0 STRING, string_field_1 STRING", 0),
        ("a,b\nc,1\n", {"skipLeadingRows": 0}, "string_field_0 STRING, string_field_1 STRING", 0),
        ("x\na,b\nc,1\n", {"skipLeadingRows": 2}, "a STRING, b INTEGER", 2),
        ("x,2\nc,1\n", {"skipLeadingRows": 1}, "string_field_0 STRING, int64_field_1 INTEGER", 1),
        ("a,b,c,d\ntrue,2020-01-02,10:00:00,\n", {}, "a BOOLEAN, b DATE, c TIME, d STRING", 1),
        ("a,b\n1,2020-01-02\n1.5,2020-01-02T00:00:00Z\n", {}, "a FLOAT, b TIMESTAMP", 1),
        ("a b,c-d\n1,2\n", {"columnNameCharacterMap": "V2"}, "a b INTEGER, c-d INTEGER", 1),
    ],
)  # fmt: skip
def test_schema_is_detected(tmp_path: Path, content: str, load: dict[str, Any], expected: str, skipped: int) -> None:
    found, options = detect([file(tmp_path, content)], CsvOptions.from_json(load))
    assert ", ".join(f"{field.name} {field.type}" for field in found) == expected
    assert options.skipped == skipped


def test_strict_replaces_no_characters_of_names(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match=r'Invalid field name "a\*"'):
        detect([file(tmp_path, "a*,b\n1,2\n")], CsvOptions.from_json({"columnNameCharacterMap": "STRICT"}))
