"""Tables whose stored records a server cannot read."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field

_NAME = TableName("p", "d", "t")


def _change(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the stored record of the table."""
    with closing(sqlite3.connect(folder / "resources.sqlite")) as database, database:
        where = "kind = 'bigquery.tables' AND name = ?"
        ((body,),) = database.execute(f"SELECT body FROM resource WHERE {where}", (str(_NAME),)).fetchall()
        record = json.loads(body)
        change(record)
        database.execute(f"UPDATE resource SET body = ? WHERE {where}", (json.dumps(record), str(_NAME)))


def test_rows_of_an_unreadable_table_wait_for_a_server_that_can_read_it(
    opened: Callable[[], BigQueryStore], tmp_path: Path
) -> None:
    store = opened()
    store.catalog.datasets.create("p", {"datasetReference": {"datasetId": "d"}})
    store.catalog.create(_NAME, [Field(name="x", type="INTEGER")], {})
    store.streaming.insert(_NAME, [{"json": {"x": 1}}], skip_invalid=False, ignore_unknown=False)
    store.stop()
    _change(tmp_path, lambda record: record["settings"].update(expirationTime="soon"))
    assert opened().catalog.find(_NAME) is None
    _change(tmp_path, lambda record: record["settings"].pop("expirationTime"))
    _, rows, total = opened().reads.rows(_NAME, 0, 10)
    assert (rows.to_pylist(), total) == ([{"x": 1}], 1)


def test_tables_of_scripts_end_with_their_server(opened: Callable[[], BigQueryStore]) -> None:
    store = opened()
    query = {"query": "CREATE TEMP TABLE t AS SELECT 1 AS x; SELECT x FROM t", "useLegacySql": False}
    job = store.jobs.new("p", {"configuration": {"query": query}})
    store.jobs.add_done(job)
    store.runner.run(job)
    (entry,) = store.catalog.entries().values()
    store = opened()
    assert store.catalog.entries() == {}
    assert entry.physical not in store._engine.tables()
