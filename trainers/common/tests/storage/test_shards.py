"""Listing the shards of a data set."""

from pathlib import Path

import pytest
from trainer_common.failures import UserError
from trainer_common.storage.filesystem import write_bytes
from trainer_common.storage.shards import list_shards


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for name in (
        "train/b.parquet",
        "train/a.parquet",
        "train/_SUCCESS",
        "train/.c.parquet",
        "test/a.csv",
        "test/n.txt",
    ):
        write_bytes(str(tmp_path / name), b"")
    return tmp_path


def test_a_folder_gives_its_own_shards_sorted_and_no_markers(export: Path) -> None:
    assert list_shards(f"{export}/train/") == [f"{export}/train/a.parquet", f"{export}/train/b.parquet"]


def test_a_folder_of_folders_is_not_searched_so_that_splits_never_mix(export: Path) -> None:
    with pytest.raises(UserError, match="no shards"):
        list_shards(str(export))


def test_a_wildcard_does_not_cross_a_slash(export: Path) -> None:
    assert list_shards(f"{export}/*/a.*") == [f"{export}/test/a.csv", f"{export}/train/a.parquet"]
    with pytest.raises(UserError, match="no shards"):
        list_shards(f"{export}/*.parquet")


def test_a_relative_path_is_one_from_the_working_folder(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(export)
    assert list_shards("train/a*.parquet") == [f"{export}/train/a.parquet"]


@pytest.mark.parametrize("location", ["nowhere", "nowhere/*.parquet", "nowhere/a.parquet"])
def test_nothing_there_is_one_clear_line(tmp_path: Path, location: str) -> None:
    with pytest.raises(UserError, match=r"no shards at .*nowhere.*check the flag"):
        list_shards(f"{tmp_path}/{location}")


def test_an_unknown_scheme_is_a_user_error() -> None:
    with pytest.raises(UserError, match="expected a local path or gs://"):
        list_shards("ftp://host/file.csv")
