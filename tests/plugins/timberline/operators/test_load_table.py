"""Rows are loaded into BigQuery once, and refused with one clear message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.loaded import jobs_of, load
from tests.plugins.timberline.rows import edit
from timberline.data.datasets.covertype_columns import COLUMNS
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


def test_rows_get_the_columns_that_models_are_trained_on(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    loaded = load(run)
    assert (loaded["source"], loaded["rows"]) == ("file", 600)
    (row, *_) = query(f"SELECT * FROM `{loaded['table']}` LIMIT 1")
    assert tuple(row) == COLUMNS
    areas = query(f"SELECT DISTINCT Wilderness_Area AS area FROM `{loaded['table']}`")
    assert {each["area"] for each in areas} <= {"Rawah", "Neota", "Commanche", "Cache"}
    soils = query(f"SELECT DISTINCT Soil_Type AS soil FROM `{loaded['table']}`")
    assert all(each["soil"].startswith("C") and each["soil"][1:].isdigit() for each in soils)


def test_equal_rows_are_loaded_once_whichever_run_asks(data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
    first = load(run)
    before = jobs_of(localgcp)
    assert load(RunIdentity("another", "run")) == first
    assert jobs_of(localgcp) == before


def test_a_table_that_was_deleted_is_loaded_again_by_the_same_run(
    data_dir: Path, run: RunIdentity, client: bigquery.Client
) -> None:
    loaded = load(run)
    client.delete_table(loaded["table"])
    assert load(run) == loaded


def test_generated_rows_are_called_so(settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timberline.data.datasets.covertype_generator.ROWS", 200)
    assert load(run, source="generated")["source"] == "generated"


def test_a_row_that_is_no_number_is_the_services_message(data_dir: Path, run: RunIdentity) -> None:
    edit(data_dir, "\n2", "\nx2")
    with pytest.raises(AirflowFailException, match=r"BigQuery job .* failed: "):
        load(run)


def test_a_misnamed_column_is_named_with_the_nearest(data_dir: Path, run: RunIdentity) -> None:
    edit(data_dir, "Slope", "Slpoe")
    with pytest.raises(AirflowFailException, match=r"no column 'Slope' \(nearest: 'Slpoe'\)"):
        load(run)


def test_an_existing_table_is_only_checked(data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
    table = load(run)["table"]
    before = jobs_of(localgcp)
    given = load(run, source="table", table=table)
    assert (given["table"], given["source"], given["rows"]) == (table, "table", 600)
    assert jobs_of(localgcp) == before


def test_a_table_that_does_not_exist_is_named(settings: Settings, run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match=r"table test-project.nowhere.trees does not exist"):
        load(run, source="table", table="nowhere.trees")


def test_a_table_without_a_column_is_named_with_the_nearest(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    table = load(run)["table"]
    query(f"CREATE OR REPLACE TABLE timberline.misnamed AS SELECT * EXCEPT (Slope), Slope AS Slpoe FROM `{table}`")
    with pytest.raises(AirflowFailException, match=r"timberline.misnamed has no column 'Slope' \(nearest: 'Slpoe'\)"):
        load(run, source="table", table="misnamed")


@pytest.mark.parametrize(("source", "table"), [("table", None), ("auto", "some.table")])
def test_table_and_source_have_to_agree(source: str, table: str | None, settings: Settings, run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match="give a table exactly with the source 'table'"):
        load(run, source=source, table=table)
