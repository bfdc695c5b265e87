"""The rows of a job's input."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.instances import InstanceForm
from localgcp.services.vertex.batch_predictions.sources import read_files

LINES = '{"text": "one\u2028line"}\r\n\n[1]\n'


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[StorageStore]:
    state = State(tmp_path)
    store = StorageStore(Context(settings=Settings(state_dir=tmp_path), state=state, operations=Operations(state)))
    store.create_bucket("given")
    yield store
    state.close()


def read(storage: StorageStore, content: bytes) -> list[Any]:
    storage.put_bytes("given", "rows", content, content_type="text/plain")
    found = read_files(storage, {"gcsSource": {"uris": ["gs://given/rows"]}}, InstanceForm())
    return [row.instance for row in found.rows]


@pytest.mark.parametrize("content", [LINES.encode(), gzip.compress(LINES.encode())], ids=["plain", "gzip"])
def test_newline_alone_ends_a_row(storage: StorageStore, content: bytes) -> None:
    assert read(storage, content) == [{"text": "one\u2028line"}, [1]]


def test_truncated_file_is_named(storage: StorageStore) -> None:
    with pytest.raises(ApiError, match=r"gs://given/rows cannot be unpacked"):
        read(storage, gzip.compress(LINES.encode())[:-9])
