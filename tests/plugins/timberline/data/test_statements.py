"""Every statement renders with checked names, and nothing is left open."""

from pathlib import Path

import pytest

from timberline.data.identifiers import TableName
from timberline.data.statements import read_statement
from timberline.run.errors import SettingsError

_FOLDER = Path(__file__).parents[4] / "include" / "sql"
_STATEMENTS = sorted(_FOLDER.glob("*/*.sql"))
_TABLE = TableName("my-project", "work", "rows")
_NAMES: dict[str, TableName | str] = {
    "loaded_table": _TABLE,
    "decoded_table": _TABLE,
    "source_table": _TABLE,
    "split_table": _TABLE,
    "copied_table": _TABLE,
    "group_column": "target",
    "target": "target",
    "segment": "3",
    "segment_view": _TABLE,
    "key": "TO_JSON_STRING(source)",
    "split_uri": "gs://bucket/split",
    "run_key": "covertype-xgboost-abc",
}


@pytest.mark.parametrize("path", _STATEMENTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_statement_is_complete(path: Path) -> None:
    text = read_statement(path, _NAMES)
    assert "{{" not in text
    assert "{%" not in text
    assert "`my-project.work.rows`" in text


@pytest.mark.parametrize("path", _STATEMENTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_says_what_goes_in_and_out(path: Path) -> None:
    header = [line for line in path.read_text().splitlines() if line.startswith("--")]
    assert all(any(word in line for line in header) for word in ("Input:", "Output:", "Grain:"))


def test_a_placeholder_without_value_is_named() -> None:
    with pytest.raises(SettingsError, match=r"split_rows.sql: .*undefined"):
        read_statement(_FOLDER / "split" / "split_rows.sql", {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no statement .*x.sql"):
        read_statement(tmp_path / "x.sql", {})
