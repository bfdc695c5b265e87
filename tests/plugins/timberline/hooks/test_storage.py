"""Documents and files in the bucket."""

from pathlib import Path

import pytest

from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.storage import StorageHook
from timberline.run.errors import DataError, SettingsError
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture
def storage(settings: Settings) -> StorageHook:
    return StorageHook(settings.project, settings.region, CONNECTION)


@pytest.fixture
def folder(settings: Settings, run: RunIdentity) -> str:
    return run.folder_uri(settings.bucket)


def test_a_document_is_read_as_it_was_written(storage: StorageHook, folder: str) -> None:
    storage.write_json(f"{folder}/a.json", {"x": [1, None]})
    assert storage.read_json(f"{folder}/a.json") == {"x": [1, None]}


def test_a_file_is_uploaded_once(storage: StorageHook, folder: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("first")
    assert storage.upload_once(f"{folder}/rows.csv", path)
    assert not storage.upload_once(f"{folder}/rows.csv", path)
    assert storage.names(folder) == [f"{folder}/rows.csv"]


def test_names_are_sorted_and_below_the_prefix(storage: StorageHook, folder: str) -> None:
    for name in ("b", "a", "c/d"):
        storage.write_json(f"{folder}/{name}", {})
    assert storage.names(f"{folder}/") == [f"{folder}/a", f"{folder}/b", f"{folder}/c/d"]


def _put(storage: StorageHook, uri: str, content: bytes) -> None:
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    storage.client.bucket(bucket).blob(name).upload_from_string(content)


def test_a_text_is_read_as_it_is(storage: StorageHook, folder: str) -> None:
    _put(storage, f"{folder}/rows.json", '[1]\n\n["ä"]'.encode())
    assert storage.read_text(f"{folder}/rows.json") == '[1]\n\n["ä"]'


def test_a_text_that_is_missing_or_none_is_named(storage: StorageHook, folder: str) -> None:
    with pytest.raises(DataError, match=f"{folder}/none.json does not exist"):
        storage.read_text(f"{folder}/none.json")
    _put(storage, f"{folder}/rows.json", b"\xff")
    with pytest.raises(DataError, match=f"{folder}/rows.json: expected text in UTF-8"):
        storage.read_text(f"{folder}/rows.json")


def test_a_missing_document_is_named(storage: StorageHook, folder: str) -> None:
    with pytest.raises(DataError, match=f"{folder}/none.json does not exist"):
        storage.read_json(f"{folder}/none.json")


def test_a_document_of_another_form_is_named(storage: StorageHook, folder: str) -> None:
    storage.write_json(f"{folder}/list.json", [1])
    with pytest.raises(DataError, match="expected a JSON object, found list"):
        storage.read_json(f"{folder}/list.json")


def test_a_missing_bucket_is_named(storage: StorageHook) -> None:
    with pytest.raises(SettingsError, match=r"bucket no-such-bucket does not exist; .*TIMBERLINE_BUCKET"):
        storage.write_json("gs://no-such-bucket/x.json", {})
