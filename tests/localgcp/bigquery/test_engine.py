"""Tables that are replaced while somebody reads."""

from pathlib import Path

from localgcp.bigquery.engine import Engine


def test_retired_table_is_readable_until_its_last_reader_ends(tmp_path: Path) -> None:
    engine = Engine(tmp_path, 1)
    with engine.reading() as cursor:
        cursor.execute("CREATE TABLE t_1 AS SELECT 1 AS x")
        engine.retire("t_1")
        assert cursor.execute("SELECT x FROM t_1").fetchone() == (1,)
    assert engine.tables() == []
    engine.close()
