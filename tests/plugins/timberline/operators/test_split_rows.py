"""Rows are split repeatably, checked, and exported once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from google.cloud import bigquery
from pyarrow import fs

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.loaded import jobs_of, load, split_of
from timberline.data.datasets.covertype_columns import COLUMNS
from timberline.data.splitting import SPLITS
from timberline.hooks.storage import StorageHook
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


def test_every_row_is_in_one_split_and_in_its_files(data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
    split = split_of(run, load(run)["table"])
    assert sum(split["rows"].values()) == 600
    assert {name: _exported(localgcp, split["uris"][name]).num_rows for name in SPLITS} == split["rows"]
    assert tuple(_exported(localgcp, split["uris"]["test"]).column_names) == COLUMNS
    assert sum(split["segment_rows"]["1"].values()) > 0


def test_without_an_export_only_the_table_is_made(
    data_dir: Path, run: RunIdentity, settings: Settings, client: bigquery.Client
) -> None:
    split = split_of(run, load(run)["table"], export=False)
    assert client.get_table(split["table"]).num_rows == sum(split["rows"].values()) == 600
    assert split["uris"] == {}
    storage = StorageHook(settings.project, settings.region, CONNECTION)
    assert storage.names(run.folder_uri(settings.bucket)) == []


def test_a_model_of_all_classes_needs_every_class_in_everysplit_of(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    table = load(run)["table"]
    with pytest.raises(AirflowFailException, match=r"split train of .* has no row of Cover_Type 4"):
        split_of(run, table, segments=["all"])
    query(
        "CREATE OR REPLACE TABLE timberline.every_class AS SELECT * EXCEPT (Cover_Type, part), part AS Cover_Type "
        f"FROM `{table}`, UNNEST(GENERATE_ARRAY(1, 7)) AS part"
    )
    split = split_of(run, "every_class", segments=["all"])
    assert sum(split["rows"].values()) == 4200
    assert all(count > 0 for splits in split["segment_rows"].values() for count in splits.values())


def test_the_table_carries_the_label_of_its_run(data_dir: Path, run: RunIdentity, client: bigquery.Client) -> None:
    assert client.get_table(split_of(run, load(run)["table"])["table"]).labels == {"timberline-run": run.run_key}


def test_another_run_splits_alike(data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
    table = load(run)["table"]
    first, second = (split_of(each, table) for each in (run, RunIdentity("another", run.run_id)))
    assert first["table"] != second["table"]
    rows = [_exported(localgcp, each["uris"]["test"]).to_pylist() for each in (first, second)]
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))


def test_the_same_run_again_runs_no_statement(data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
    table = load(run)["table"]
    first = split_of(run, table)
    before = jobs_of(localgcp)
    assert split_of(run, table) == first
    assert jobs_of(localgcp) == before


def test_files_that_were_deleted_are_exported_again_by_the_same_run(
    data_dir: Path, run: RunIdentity, settings: Settings, localgcp: LocalCloud
) -> None:
    table = load(run)["table"]
    split = split_of(run, table)
    storage = StorageHook(settings.project, settings.region, CONNECTION)
    for uri in storage.names(split["uris"]["test"]):
        storage.client.bucket(settings.bucket).blob(uri.removeprefix(f"gs://{settings.bucket}/")).delete()
    split_of(run, table)
    assert _exported(localgcp, split["uris"]["test"]).num_rows == split["rows"]["test"]


def test_the_same_run_with_another_scheme_splits_anew(data_dir: Path, run: RunIdentity) -> None:
    table = load(run)["table"]
    lecture, lab = split_of(run, table), split_of(run, table, scheme="lab")
    assert lab["rows"]["train"] < lecture["rows"]["train"]
    assert lab["rows"]["test"] == lecture["rows"]["test"]


def test_chosen_columns_can_decide(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    split = split_of(run, load(run)["table"], key_columns=["Elevation"])
    (found,) = query(
        f"SELECT MAX(n) AS splits FROM (SELECT COUNT(DISTINCT split) AS n FROM `{split['table']}` GROUP BY Elevation)"
    )
    assert found["splits"] == 1


def test_an_answer_that_is_lost_does_not_run_a_statement_twice(
    data_dir: Path, run: RunIdentity, localgcp: LocalCloud
) -> None:
    table = load(run)["table"]
    fault = localgcp.add_fault("bigquery.jobs.insert", "drop", appliesFirst=True)
    assert sum(split_of(run, table)["rows"].values()) == 600
    assert localgcp.fault_is_consumed(fault)


def test_an_empty_split_stops_the_run(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    table = load(run)["table"]
    query(f"CREATE OR REPLACE TABLE timberline.empty AS SELECT * FROM `{table}` WHERE FALSE")
    with pytest.raises(AirflowFailException, match=r"split train of test-project.timberline.empty is empty"):
        split_of(run, "empty")


def test_a_cover_type_out_of_range_stops_the_run(
    data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
) -> None:
    table = load(run)["table"]
    query(
        "CREATE OR REPLACE TABLE timberline.from_zero AS "
        f"SELECT * EXCEPT (Cover_Type), Cover_Type - 1 AS Cover_Type FROM `{table}`"
    )
    with pytest.raises(AirflowFailException, match=r"Cover_Type is 0 in \d+ rows; expected 1 to 7"):
        split_of(run, "from_zero")


def test_a_statement_that_would_cost_too_much_is_refused(data_dir: Path, run: RunIdentity) -> None:
    table = load(run)["table"]
    with pytest.raises(AirflowFailException, match=r"BigQuery job .* failed: .*bytes"):
        split_of(run, table, maximum_bytes_billed=1)


def _exported(cloud: LocalCloud, uri: str) -> Any:
    endpoint = f"127.0.0.1:{cloud.port}"
    storage = fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=endpoint)
    return pyarrow.parquet.read_table(uri.removeprefix("gs://"), filesystem=storage)
