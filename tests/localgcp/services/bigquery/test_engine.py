"""Tables that are replaced while they are read."""

from pathlib import Path

import duckdb
import pytest

from localgcp.services.bigquery.engine import Engine


def test_retired_table_is_readable_until_its_last_reader_ends(tmp_path: Path) -> None:
    engine = Engine(tmp_path, 1)
    with engine.reading() as cursor:
        cursor.execute("CREATE TABLE t_1 AS SELECT 1 AS x")
        engine.retire("t_1")
        assert cursor.execute("SELECT x FROM t_1").fetchone() == (1,)
    assert engine.tables() == []
    engine.close()


def test_emptied_folder_has_no_tables_although_a_query_holds_the_deleted_file(tmp_path: Path) -> None:
    former = Engine(tmp_path, 1)
    with former.reading() as cursor:
        cursor.execute("CREATE TABLE t_1 AS SELECT 1 AS x")
        former.close()
        for path in tmp_path.iterdir():
            path.unlink()
        engine = Engine(tmp_path, 1)
        assert engine.tables() == []
        engine.close()


@pytest.mark.parametrize("name", ["tables.duckdb", "tables_1.duckdb"])
def test_existing_file_is_opened(tmp_path: Path, name: str) -> None:
    with duckdb.connect(str(tmp_path / name)) as connection:
        connection.execute("CREATE TABLE t_1 (x BIGINT)")
    engine = Engine(tmp_path, 1)
    assert engine.tables() == ["t_1"]
    engine.close()
