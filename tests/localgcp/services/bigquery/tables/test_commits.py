"""What the next server knows of changes that a killed server had committed."""

from collections.abc import Callable
from typing import Any

import pytest

from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.bigquery.tables.commits import on_behalf_of
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field

_NAME = TableName("p", "d", "t")
_OLD, _NEW = Field(name="x", type="INTEGER"), Field(name="y", type="INTEGER")


class Killed(BaseException):
    """The server is killed: nothing after it happens."""


def _job(store: BigQueryStore) -> str:
    body = {"jobReference": {"jobId": "j"}, "configuration": {"query": {"query": "any"}}}
    store.jobs.add_done(store.jobs.new("p", body))
    return "p:j"


def _table(store: BigQueryStore) -> Any:
    store.catalog.datasets.create("p", {"datasetReference": {"datasetId": "d"}})
    return store.catalog.create(_NAME, [_OLD], {})


def _add_column(store: BigQueryStore, entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the columns of the rows, and be killed before the catalog is updated."""

    def killed(*_args: object) -> None:
        raise Killed

    def change() -> None:
        with store._engine.reading() as cursor, store.catalog.changing(entry, cursor) as changing:
            cursor.execute(f'ALTER TABLE "{entry.physical}" ADD COLUMN y BIGINT')
            changing.changes["fields"] = (_OLD, _NEW)
            changing.statistics["query"] = {"numDmlAffectedRows": "0"}

    with monkeypatch.context() as patch:
        patch.setattr(store.catalog, "_replace", killed)
        with pytest.raises(Killed):
            change()


def test_catalog_is_updated_to_the_committed_rows(
    opened: Callable[[], BigQueryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    _add_column(store, _table(store), monkeypatch)
    assert [field.name for field in opened().catalog.get(_NAME).fields] == ["x", "y"]
    assert [field.name for field in opened().catalog.get(_NAME).fields] == ["x", "y"]


def test_job_whose_change_was_committed_is_done(
    opened: Callable[[], BigQueryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    entry = _table(store)
    with on_behalf_of(_job(store)):
        _add_column(store, entry, monkeypatch)
    job = opened().jobs.get("p", "j")
    assert (job.state, job.error, job.statistics) == ("DONE", None, {"query": {"numDmlAffectedRows": "0"}})


def test_job_that_changed_the_catalog_is_done(opened: Callable[[], BigQueryStore]) -> None:
    store = opened()
    _table(store)
    with on_behalf_of(_job(store)):
        store.catalog.delete(_NAME)
    assert opened().jobs.get("p", "j").error is None


def test_job_with_several_changes_has_failed(opened: Callable[[], BigQueryStore]) -> None:
    store = opened()
    with on_behalf_of(_job(store)), on_behalf_of(""):
        _table(store)
    error = opened().jobs.get("p", "j").error
    assert error is not None
    assert error["reason"] == "backendError"
