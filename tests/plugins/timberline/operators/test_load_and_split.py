"""Rows into BigQuery and out again as three splits: once, checked, and refused with one clear message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from pyarrow import fs

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.rows import data_folder, edit
from timberline.data.datasets.covertype import COVERTYPE
from timberline.data.datasets.covertype_columns import COLUMNS
from timberline.data.splitting import SPLITS
from timberline.hooks.storage import StorageHook
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBERLINE_DATA_DIR", str(tmp_path))
    return data_folder(tmp_path)


@pytest.fixture
def client(settings: Settings) -> bigquery.Client:
    return bigquery.Client(project=settings.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


@pytest.fixture
def query(client: bigquery.Client) -> Callable[[str], list[dict[str, Any]]]:
    return lambda sql: [dict(row) for row in client.query(sql).result()]


def _load(run: RunIdentity, **changes: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = LoadTableOperator(task_id="load", data_set=COVERTYPE, **changes).execute(context_of(run))
    return loaded


def _split(run: RunIdentity, table: str, **changes: Any) -> dict[str, Any]:
    arguments = {"segments": ["1", "2"], **changes}
    split: dict[str, Any] = BigQuerySplitOperator(
        task_id="split", data_set=COVERTYPE, table=table, **arguments
    ).execute(context_of(run))
    return split


def _jobs(cloud: LocalCloud) -> int:
    return sum(call["status"] == 200 for call in cloud.requests("bigquery.jobs.insert"))


class TestLoad:
    def test_rows_get_the_columns_that_models_are_trained_on(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        loaded = _load(run)
        assert (loaded["source"], loaded["rows"]) == ("file", 600)
        (row, *_) = query(f"SELECT * FROM `{loaded['table']}` LIMIT 1")
        assert tuple(row) == COLUMNS
        areas = query(f"SELECT DISTINCT Wilderness_Area AS area FROM `{loaded['table']}`")
        assert {each["area"] for each in areas} <= {"Rawah", "Neota", "Commanche", "Cache"}
        soils = query(f"SELECT DISTINCT Soil_Type AS soil FROM `{loaded['table']}`")
        assert all(each["soil"].startswith("C") and each["soil"][1:].isdigit() for each in soils)

    def test_equal_rows_are_loaded_once_whichever_run_asks(
        self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud
    ) -> None:
        first = _load(run)
        before = _jobs(localgcp)
        assert _load(RunIdentity("another", "run")) == first
        assert _jobs(localgcp) == before

    def test_a_table_that_was_deleted_is_loaded_again_by_the_same_run(
        self, data_dir: Path, run: RunIdentity, client: bigquery.Client
    ) -> None:
        loaded = _load(run)
        client.delete_table(loaded["table"])
        assert _load(run) == loaded

    def test_generated_rows_are_called_so(
        self, settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("timberline.data.datasets.covertype_generator.ROWS", 200)
        assert _load(run, source="generated")["source"] == "generated"

    def test_a_row_that_is_no_number_is_the_services_message(self, data_dir: Path, run: RunIdentity) -> None:
        edit(data_dir, "\n2", "\nx2")
        with pytest.raises(AirflowFailException, match=r"BigQuery job .* failed: "):
            _load(run)

    def test_a_misnamed_column_is_named_with_the_nearest(self, data_dir: Path, run: RunIdentity) -> None:
        edit(data_dir, "Slope", "Slpoe")
        with pytest.raises(AirflowFailException, match=r"no column 'Slope' \(nearest: 'Slpoe'\)"):
            _load(run)

    def test_an_existing_table_is_only_checked(self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
        table = _load(run)["table"]
        before = _jobs(localgcp)
        given = _load(run, source="table", table=table)
        assert (given["table"], given["source"], given["rows"]) == (table, "table", 600)
        assert _jobs(localgcp) == before

    def test_a_table_that_does_not_exist_is_named(self, settings: Settings, run: RunIdentity) -> None:
        with pytest.raises(AirflowFailException, match=r"table test-project.nowhere.trees does not exist"):
            _load(run, source="table", table="nowhere.trees")

    def test_a_table_without_a_column_is_named_with_the_nearest(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        table = _load(run)["table"]
        query(f"CREATE OR REPLACE TABLE timberline.misnamed AS SELECT * EXCEPT (Slope), Slope AS Slpoe FROM `{table}`")
        with pytest.raises(
            AirflowFailException, match=r"timberline.misnamed has no column 'Slope' \(nearest: 'Slpoe'\)"
        ):
            _load(run, source="table", table="misnamed")

    @pytest.mark.parametrize(("source", "table"), [("table", None), ("auto", "some.table")])
    def test_table_and_source_have_to_agree(
        self, source: str, table: str | None, settings: Settings, run: RunIdentity
    ) -> None:
        with pytest.raises(AirflowFailException, match="give a table exactly with the source 'table'"):
            _load(run, source=source, table=table)


class TestSplit:
    def test_every_row_is_in_one_split_and_in_its_files(
        self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud
    ) -> None:
        split = _split(run, _load(run)["table"])
        assert sum(split["rows"].values()) == 600
        assert {name: _exported(localgcp, split["uris"][name]).num_rows for name in SPLITS} == split["rows"]
        assert tuple(_exported(localgcp, split["uris"]["test"]).column_names) == COLUMNS
        assert sum(split["segment_rows"]["1"].values()) > 0

    def test_without_an_export_only_the_table_is_made(
        self, data_dir: Path, run: RunIdentity, settings: Settings, client: bigquery.Client
    ) -> None:
        split = _split(run, _load(run)["table"], export=False)
        assert client.get_table(split["table"]).num_rows == sum(split["rows"].values()) == 600
        assert split["uris"] == {}
        storage = StorageHook(settings.project, settings.region, CONNECTION)
        assert storage.names(run.folder_uri(settings.bucket)) == []

    def test_a_model_of_all_classes_needs_every_class_in_every_split(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        table = _load(run)["table"]
        with pytest.raises(AirflowFailException, match=r"split train of .* has no row of Cover_Type 4"):
            _split(run, table, segments=["all"])
        query(
            "CREATE OR REPLACE TABLE timberline.every_class AS SELECT * EXCEPT (Cover_Type, part), part AS Cover_Type "
            f"FROM `{table}`, UNNEST(GENERATE_ARRAY(1, 7)) AS part"
        )
        split = _split(run, "every_class", segments=["all"])
        assert sum(split["rows"].values()) == 4200
        assert all(count > 0 for splits in split["segment_rows"].values() for count in splits.values())

    def test_the_table_carries_the_label_of_its_run(
        self, data_dir: Path, run: RunIdentity, client: bigquery.Client
    ) -> None:
        assert client.get_table(_split(run, _load(run)["table"])["table"]).labels == {"timberline-run": run.run_key}

    def test_another_run_splits_alike(self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
        table = _load(run)["table"]
        first, second = (_split(each, table) for each in (run, RunIdentity("another", run.run_id)))
        assert first["table"] != second["table"]
        rows = [_exported(localgcp, each["uris"]["test"]).to_pylist() for each in (first, second)]
        assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))

    def test_the_same_run_again_runs_no_statement(self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud) -> None:
        table = _load(run)["table"]
        first = _split(run, table)
        before = _jobs(localgcp)
        assert _split(run, table) == first
        assert _jobs(localgcp) == before

    def test_files_that_were_deleted_are_exported_again_by_the_same_run(
        self, data_dir: Path, run: RunIdentity, settings: Settings, localgcp: LocalCloud
    ) -> None:
        table = _load(run)["table"]
        split = _split(run, table)
        storage = StorageHook(settings.project, settings.region, CONNECTION)
        for uri in storage.names(split["uris"]["test"]):
            storage.client.bucket(settings.bucket).blob(uri.removeprefix(f"gs://{settings.bucket}/")).delete()
        _split(run, table)
        assert _exported(localgcp, split["uris"]["test"]).num_rows == split["rows"]["test"]

    def test_the_same_run_with_another_scheme_splits_anew(self, data_dir: Path, run: RunIdentity) -> None:
        table = _load(run)["table"]
        lecture, lab = _split(run, table), _split(run, table, scheme="lab")
        assert lab["rows"]["train"] < lecture["rows"]["train"]
        assert lab["rows"]["test"] == lecture["rows"]["test"]

    def test_chosen_columns_can_decide(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        split = _split(run, _load(run)["table"], key_columns=["Elevation"])
        (found,) = query(
            "SELECT MAX(n) AS splits FROM "
            f"(SELECT COUNT(DISTINCT split) AS n FROM `{split['table']}` GROUP BY Elevation)"
        )
        assert found["splits"] == 1

    def test_an_answer_that_is_lost_does_not_run_a_statement_twice(
        self, data_dir: Path, run: RunIdentity, localgcp: LocalCloud
    ) -> None:
        table = _load(run)["table"]
        fault = localgcp.add_fault("bigquery.jobs.insert", "drop", appliesFirst=True)
        assert sum(_split(run, table)["rows"].values()) == 600
        assert localgcp.fault_is_consumed(fault)

    def test_an_empty_split_stops_the_run(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        table = _load(run)["table"]
        query(f"CREATE OR REPLACE TABLE timberline.empty AS SELECT * FROM `{table}` WHERE FALSE")
        with pytest.raises(AirflowFailException, match=r"split train of test-project.timberline.empty is empty"):
            _split(run, "empty")

    def test_a_cover_type_out_of_range_stops_the_run(
        self, data_dir: Path, run: RunIdentity, query: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        table = _load(run)["table"]
        query(
            "CREATE OR REPLACE TABLE timberline.from_zero AS "
            f"SELECT * EXCEPT (Cover_Type), Cover_Type - 1 AS Cover_Type FROM `{table}`"
        )
        with pytest.raises(AirflowFailException, match=r"Cover_Type is 0 in \d+ rows; expected 1 to 7"):
            _split(run, "from_zero")

    def test_a_statement_that_would_cost_too_much_is_refused(self, data_dir: Path, run: RunIdentity) -> None:
        table = _load(run)["table"]
        with pytest.raises(AirflowFailException, match=r"BigQuery job .* failed: .*bytes"):
            _split(run, table, maximum_bytes_billed=1)


def _exported(cloud: LocalCloud, uri: str) -> Any:
    endpoint = f"127.0.0.1:{cloud.port}"
    storage = fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=endpoint)
    return pyarrow.parquet.read_table(uri.removeprefix("gs://"), filesystem=storage)
