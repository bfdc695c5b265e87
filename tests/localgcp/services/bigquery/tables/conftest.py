"""A store that tests open again and again, as servers do one after another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.storage.store import StorageStore


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], BigQueryStore]]:
    """Open the store of one state folder again and again, each time after closing it."""
    former: list[tuple[BigQueryStore, State]] = []

    def close() -> None:
        while former:
            store, state = former.pop()
            store.stop()
            state.close()

    def open_() -> BigQueryStore:
        close()
        state = State(tmp_path)
        context = Context(settings=Settings(state_dir=tmp_path, project="p"), state=state, operations=Operations(state))
        former.append((BigQueryStore(context, StorageStore(context)), state))
        return former[0][0]

    yield open_
    close()
