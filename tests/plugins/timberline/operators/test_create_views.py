"""The data set of each segment exists for people who query it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.rows import data_folder
from timberline.data.datasets.covertype import COLUMNS, COVERTYPE
from timberline.hooks.cloud import Cloud
from timberline.hooks.leftover_data import Tables
from timberline.janitor.rules import LeftoverKind, sort_out
from timberline.operators.create_views import CreateViewsOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture
def client(settings: Settings) -> bigquery.Client:
    return bigquery.Client(project=settings.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


@pytest.fixture
def table(tmp_path: Path, settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the split table of a run."""
    monkeypatch.setenv("TIMBERLINE_DATA_DIR", str(tmp_path))
    data_folder(tmp_path)
    loaded = LoadTableOperator(task_id="load", data_set=COVERTYPE).execute(context_of(run))
    split = BigQuerySplitOperator(
        task_id="split", data_set=COVERTYPE, table=loaded["table"], segments=["1", "2"], export=False
    ).execute(context_of(run))
    return str(split["table"])


def _create(run: RunIdentity, table: str, segments: Any) -> dict[str, str]:
    operator = CreateViewsOperator(task_id="views", data_set=COVERTYPE, table=table, segments=segments)
    return dict(operator.execute(context_of(run)))


def test_each_view_has_all_rows_with_the_label_of_its_segment(
    table: str, run: RunIdentity, client: bigquery.Client, logged: Callable[[], str]
) -> None:
    views = _create(run, table, ["1", "2"])
    assert views["1"] == f"{table.rpartition('.')[0]}.{run.table_name('covertype_1')}"
    wanted = {row["cls"]: row["n"] for row in client.query(
        f"SELECT Cover_Type AS cls, COUNT(*) AS n FROM `{table}` GROUP BY 1").result()}  # fmt: skip
    for segment, view in views.items():
        (counted,) = client.query(f"SELECT COUNT(*) AS n, SUM(label) AS positive FROM `{view}`").result()
        assert (counted["n"], counted["positive"]) == (sum(wanted.values()), wanted[int(segment)])
        assert f"cover type {segment}: view {view}" in logged()


def test_a_view_has_the_label_in_the_place_of_the_target(table: str, run: RunIdentity, client: bigquery.Client) -> None:
    view = client.get_table(_create(run, table, ["1"])["1"])
    assert view.table_type == "VIEW"
    assert [field.name for field in view.schema] == [*COLUMNS[:-1], "split", "label"]


def test_the_same_run_again_creates_nothing(table: str, run: RunIdentity, localgcp: LocalCloud) -> None:
    first = _create(run, table, ["1", "2"])
    before = sum(call["status"] == 200 for call in localgcp.requests("bigquery.jobs.insert"))
    assert _create(run, table, ["1", "2"]) == first
    assert sum(call["status"] == 200 for call in localgcp.requests("bigquery.jobs.insert")) == before


def test_a_view_that_was_deleted_is_created_again(table: str, run: RunIdentity, client: bigquery.Client) -> None:
    views = _create(run, table, ["1"])
    client.delete_table(views["1"])
    assert _create(run, table, ["1"]) == views
    client.get_table(views["1"])


def test_one_model_of_all_classes_has_no_view(table: str, run: RunIdentity) -> None:
    assert _create(run, table, ["all"]) == {}


def test_the_janitor_removes_the_views_with_the_table(
    table: str, run: RunIdentity, settings: Settings, client: bigquery.Client
) -> None:
    views = _create(run, table, ["1", "2"])
    tables = Tables(Cloud(settings, CONNECTION))
    found = [each for each in tables.sightings() if each.run_key == run.run_key]
    assert {each.name for each in found} == {table, *views.values()}
    leftovers = sort_out(LeftoverKind.TABLES, found, max(each.newest_s for each in found)).leftovers
    assert all(tables.remove(each) for each in leftovers)
    assert not [each for each in tables.sightings() if each.run_key == run.run_key]
