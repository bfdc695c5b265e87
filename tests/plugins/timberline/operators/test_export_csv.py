"""Each split is a CSV file with a header, written once."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.rows import data_folder
from timberline.data.datasets.covertype import COVERTYPE
from timberline.data.datasets.covertype_columns import COLUMNS
from timberline.data.identifiers import parse_table_name
from timberline.hooks.bigquery import BigQueryHook
from timberline.hooks.storage import StorageHook
from timberline.operators.export_csv import ExportCsvOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_FOLDERS = {"train": "training", "validation": "validation", "test": "testing"}


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBERLINE_DATA_DIR", str(tmp_path))
    return data_folder(tmp_path)


@pytest.fixture
def storage(settings: Settings) -> StorageHook:
    return StorageHook(settings.project, settings.region, CONNECTION)


@pytest.fixture
def table(run: RunIdentity) -> str:
    loaded = LoadTableOperator(task_id="load", data_set=COVERTYPE).execute(context_of(run))
    return str(loaded["table"])


def _split(run: RunIdentity, table: str, scheme: str = "lecture") -> dict[str, Any]:
    operator = BigQuerySplitOperator(
        task_id="split", data_set=COVERTYPE, table=table, segments=["1", "2"], scheme=scheme, export=False
    )
    return dict(operator.execute(context_of(run)))


@pytest.fixture
def split(run: RunIdentity, table: str) -> dict[str, Any]:
    return _split(run, table)


def _export(run: RunIdentity, split: dict[str, Any], **changes: Any) -> dict[str, str]:
    operator = ExportCsvOperator(task_id="export", data_set=COVERTYPE, table=split["table"], **changes)
    return dict(operator.execute(context_of(run)))


def _rows(storage: StorageHook, uri: str) -> list[list[str]]:
    return list(csv.reader(storage.read_text(uri).splitlines()))


def _own_jobs(run: RunIdentity, settings: Settings) -> list[Any]:
    client = BigQueryHook(settings.project, settings.region, CONNECTION).client
    return [job for job in client.list_jobs() if job.labels == run.labels("export")]


def _jobs(cloud: LocalCloud) -> int:
    return sum(call["status"] == 200 for call in cloud.requests("bigquery.jobs.insert"))


def test_every_row_is_in_the_file_of_its_split_below_the_header(
    run: RunIdentity, split: dict[str, Any], storage: StorageHook, settings: Settings
) -> None:
    uris = _export(run, split)
    folder = run.folder_uri(settings.bucket)
    assert uris == {name: f"{folder}/data/{child}/dataset.csv" for name, child in _FOLDERS.items()}
    for name, uri in uris.items():
        header, *rows = _rows(storage, uri)
        assert tuple(header) == COLUMNS
        assert len(rows) == split["rows"][name]
    assert sum(split["rows"].values()) == 600


def test_a_file_has_the_rows_of_its_split_and_no_others(
    run: RunIdentity, split: dict[str, Any], storage: StorageHook, settings: Settings
) -> None:
    name = parse_table_name(split["table"], settings.project, settings.dataset)
    found = BigQueryHook(settings.project, settings.region, CONNECTION).client.query(
        f"SELECT * EXCEPT (split, row_fingerprint) FROM `{name}` WHERE split = 'test'"
    )
    expected = sorted([str(value) for value in row.values()] for row in found.result())
    assert sorted(_rows(storage, _export(run, split)["test"])[1:]) == expected


def test_a_second_try_starts_no_job(run: RunIdentity, split: dict[str, Any], localgcp: LocalCloud) -> None:
    first = _export(run, split)
    before = _jobs(localgcp)
    assert _export(run, split) == first
    assert _jobs(localgcp) == before


def test_an_answer_that_is_lost_starts_no_second_job(
    run: RunIdentity, split: dict[str, Any], localgcp: LocalCloud, settings: Settings
) -> None:
    fault = localgcp.add_fault("bigquery.jobs.insert", "drop", appliesFirst=True)
    _export(run, split)
    assert localgcp.fault_is_consumed(fault)
    assert len(_own_jobs(run, settings)) == 6


def test_files_that_were_deleted_are_written_again(
    run: RunIdentity, split: dict[str, Any], storage: StorageHook
) -> None:
    uris = _export(run, split)
    storage.remove(uris["test"])
    _export(run, split)
    assert len(_rows(storage, uris["test"])) == split["rows"]["test"] + 1


def test_tables_that_were_deleted_are_copied_again(
    run: RunIdentity, split: dict[str, Any], storage: StorageHook, settings: Settings
) -> None:
    uris = _export(run, split)
    client = BigQueryHook(settings.project, settings.region, CONNECTION).client
    client.delete_table(f"{settings.project}.{settings.dataset}.{run.table_name('covertype_test')}")
    storage.remove(uris["test"])
    _export(run, split)
    assert len(_rows(storage, uris["test"])) == split["rows"]["test"] + 1


def test_another_split_of_the_same_run_is_written_anew(run: RunIdentity, table: str, storage: StorageHook) -> None:
    lecture = _split(run, table)
    _export(run, lecture)
    lab = _split(run, table, "lab")
    assert lab["rows"]["train"] < lecture["rows"]["train"]
    assert len(_rows(storage, _export(run, lab)["train"])) == lab["rows"]["train"] + 1


def test_a_split_that_is_too_large_for_a_file_is_written_in_shards(
    run: RunIdentity, split: dict[str, Any], storage: StorageHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.operators.export_csv._ONE_FILE_BYTES", 0)
    uri = _export(run, split)["test"]
    assert uri.endswith("/data/testing/dataset-*.csv")
    files = storage.names(uri.partition("*")[0])
    rows = [_rows(storage, file) for file in files]
    assert files
    assert all(tuple(shard[0]) == COLUMNS for shard in rows)
    assert sum(len(shard) - 1 for shard in rows) == split["rows"]["test"]


def test_jobs_carry_the_labels_of_run_and_step(run: RunIdentity, split: dict[str, Any], settings: Settings) -> None:
    _export(run, split)
    assert sorted(job.job_type for job in _own_jobs(run, settings)) == ["extract"] * 3 + ["query"] * 3


def test_a_split_that_is_gone_is_named(run: RunIdentity, split: dict[str, Any], settings: Settings) -> None:
    BigQueryHook(settings.project, settings.region, CONNECTION).client.delete_table(split["table"])
    with pytest.raises(AirflowFailException, match=rf"table {split['table']} does not exist"):
        _export(run, split)


def test_a_copy_that_would_cost_too_much_is_refused(run: RunIdentity, split: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match=r"BigQuery job .* failed: .*bytes"):
        _export(run, split, maximum_bytes_billed=1)
