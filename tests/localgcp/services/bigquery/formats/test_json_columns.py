"""JSON read by column has the same cells as JSON read by row."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.formats import json_source
from localgcp.services.bigquery.formats.bad_records import BadRecords
from localgcp.services.bigquery.formats.json_columns import JsonColumns
from localgcp.services.bigquery.formats.json_source import JsonSource
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.constraints import stored_query
from localgcp.services.bigquery.types.schema import Field, parse_fields

_KINDS = ("STRING", "INTEGER", "FLOAT", "BOOLEAN", "NUMERIC", "DATE", "TIME", "DATETIME", "TIMESTAMP")
_COLUMNS = [{"name": kind.lower(), "type": kind} for kind in _KINDS]
_INNER = [{"name": "n", "type": "INTEGER"}, {"name": "f", "type": "FLOAT"}]
_FIELDS = parse_fields(
    [
        *_COLUMNS,
        {"name": "many", "type": "INTEGER", "mode": "REPEATED"},
        {"name": "record", "type": "RECORD", "fields": _INNER},
        {"name": "records", "type": "RECORD", "mode": "REPEATED", "fields": _INNER},
    ]
)
_PLAIN = {
    "string": "Zürich\u0000\n",
    "integer": -(1 << 63),
    "float": 0.1,
    "boolean": True,
    "numeric": 1.25,
    "date": "2024-02-29",
    "time": "23:59:59.5",
    "datetime": "2024-02-29 10:00:00",
    "timestamp": "2024-02-29T10:00:00.123456Z",
    "many": [1, 2],
    "record": {"n": 1, "f": 2},
    "records": [{"n": 1}, {}],
}


class _Loads:
    """Reads files."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine

    def run(self, content: bytes, fields: tuple[Field, ...], *, in_columns: bool) -> tuple[Any, Any]:
        """Return the rows and the messages about bad records."""
        path = self._folder / uuid4().hex
        path.write_bytes(content)
        bad = BadRecords("JSON", 100)
        source = JsonSource({}, [SourceFile(path, "gs://bucket/file")], fields, bad)
        with pytest.MonkeyPatch.context() as patch, self._engine.reading() as cursor:
            if not in_columns:
                patch.setattr(json_source, "_MOST_FAILURES", 0)
            rows = cursor.execute(stored_query(fields, source.select(cursor))).to_arrow_table().to_pylist()
        return repr(rows), bad.shown()

    def same(self, content: bytes, fields: tuple[Field, ...]) -> bool:
        """Both ways of reading give the same."""
        return self.run(content, fields, in_columns=True) == self.run(content, fields, in_columns=False)


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Loads]:
    folder = tmp_path_factory.mktemp("json")
    engine = Engine(folder, 1)
    yield _Loads(folder, engine)
    engine.close()


def _fast(content: bytes, fields: tuple[Field, ...]) -> Any:
    batch = JsonColumns(fields, content.partition(b"\n")[0]).read(content)
    return None if batch is None else batch.to_pylist()


def _lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(
    "row",
    [
        _PLAIN,
        {},
        dict.fromkeys(_PLAIN),
        {**_PLAIN, "integer": "-12", "float": "0.5", "boolean": "true", "numeric": "0.000000001"},
    ],
)
def test_plain_rows_are_read_by_column(row: dict[str, Any], loads: _Loads) -> None:
    content = _lines(row, {}, row)
    assert _fast(content, _FIELDS) is not None
    assert loads.same(content, _FIELDS)


_ODD = [
    ("INTEGER", value) for value in ("1.0", "1.5", '"x"', '" 1"', "true", "1e3", "9223372036854775808", "[1]", '"0x1F"')
]
_ODD += [("FLOAT", value) for value in ("1", "1e400", "NaN", "Infinity", "-Inf", "Inf", '"1e3"', '"1_0"', "-0.0")]
_ODD += [("BOOLEAN", value) for value in ('"True"', "1", "0", '"yes"', "2")]
_ODD += [("STRING", value) for value in ("5", "1.50", "true", '"\\ud83d\\ude00"', '{"a": 1}', "[]", '"NaN"')]
_ODD += [("NUMERIC", value) for value in ("1.1234567895", '"1e2"', "1E5", "1e30", '"x"', "true", "-0")]
_ODD += [("DATE", value) for value in ('"2023-02-29"', '"0000-01-01"', '"2023/1/2"', "20230101", '"2023-01-02 "')]
_ODD += [("TIME", value) for value in ('"24:00:00"', '"23:59:60"', '"1:2"', '"01:02:03.1234567"', '"01:02:03.000001"')]
_ODD += [("DATETIME", value) for value in ('"2023-01-01"', '"2023-01-01t01:02:03"', '"2023-13-01 00:00:00"')]
_ODD += [
    ("TIMESTAMP", value)
    for value in ("1.5", '"2023-01-01"', '"2023-01-01 00:00:00+02:00"', '"2023-01-01 00:00:00 UTC"', '"1"', '"x"')
]


@pytest.mark.parametrize("before", ["", '{"c": null}\n'])
@pytest.mark.parametrize(("kind", "value"), _ODD)
def test_unusual_values_are_read_as_by_row(kind: str, value: str, before: str, loads: _Loads) -> None:
    fields = parse_fields([{"name": "c", "type": kind}])
    content = f'{before}{{"c": {value}}}\n{{"c": null}}\n'.encode()
    assert loads.same(content, fields)


@pytest.mark.parametrize("mode", ["NULLABLE", "REQUIRED", "REPEATED"])
@pytest.mark.parametrize(
    "content",
    [
        b'{"c":1}{"c":2}\n',
        b'{"c":1} {"c":2}\n\n',
        b'{"c":\n1}\n',
        b'{"c":1}{"c"\n:2}\n',
        b'{"c":1,"c":2}\n',
        b'{"C":1}\n',
        b'{"c":1,"d":2}\n',
        b'\xef\xbb\xbf{"c":1}\n',
        b'{"c":1}\r\n\r\n  {"c":2}',
        b'{"c":1}\n[1]\n{"c":2}\n{"c":\n',
        b'{"c":"\xff"}\n',
        b'{"c":01}\n{"c":1,}\n{"c":1} // x\n',
        b'{"c":[1,null]}\n{"c":[]}\n{"c":null}\n{"c":["2"]}\n',
        b"{}\n",
        b"\n\n",
        b"",
        b"1\n",
        b'{"c":1}\x00\n',
        b'{"c":1}\x0b\n',
    ],
)
def test_unusual_lines_are_read_as_by_row(content: bytes, mode: str, loads: _Loads) -> None:
    fields = parse_fields([{"name": "c", "type": "INTEGER", "mode": mode}])
    assert loads.same(content, fields)


def test_block_with_an_unusual_row_is_read_by_row_and_the_next_by_column(
    loads: _Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_source, "_BLOCK_BYTES", 16)
    read: list[bool] = []
    original = JsonColumns.read

    def spied(columns: JsonColumns, block: bytes) -> Any:
        batch = original(columns, block)
        read.append(batch is not None)
        return batch

    monkeypatch.setattr(JsonColumns, "read", spied)
    fields = parse_fields([{"name": "c", "type": "INTEGER"}])
    content = b'{"c": 100000000000}\n{"c": "oh"}          \n{"c": 300000000000}\n'
    rows, bad = loads.run(content, fields, in_columns=True)
    assert read == [True, False, True]
    assert rows == "[{'c': 100000000000}, {'c': 300000000000}]"
    assert "starting at position 20" in bad[0]["message"]


_CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 64), 1 << 64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.dates(date(1, 1, 1)).map(str),
    st.times().map(str),
    st.datetimes(datetime(1, 1, 1)).map(str),
    st.lists(st.integers(0, 5), max_size=2),
    st.fixed_dictionaries({"n": st.integers(0, 5)}, optional={"f": st.floats(0, 1), "x": st.none()}),
)
_NAMES = [field.name for field in _FIELDS]


@given(st.lists(st.dictionaries(st.sampled_from(_NAMES), _CELL, max_size=2), max_size=3))
def test_any_rows_are_read_as_by_row(loads: _Loads, rows: list[dict[str, Any]]) -> None:
    content = _lines(*rows)
    assert loads.same(content, _FIELDS)
