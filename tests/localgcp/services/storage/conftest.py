"""Fixtures: a store on its own state folder, which a test can reopen as after a restart."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.services.storage.store import StorageStore
from tests.localgcp.services.storage.wire import Api


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[[], StorageStore]]:
    """Open the store; each further call closes it and opens it again."""
    states: list[State] = []

    def open_store() -> StorageStore:
        if states:
            states[-1].close()
        states.append(State(tmp_path / "state"))
        settings = Settings(state_dir=tmp_path / "state", project="p")
        return StorageStore(Context(settings=settings, state=states[-1], operations=Operations(states[-1])))

    yield open_store
    if states:
        states[-1].close()


@pytest.fixture
def store(reopen: Callable[[], StorageStore]) -> StorageStore:
    """A store with one bucket, `bucket-1`."""
    store = reopen()
    store.create_bucket("bucket-1")
    return store


@pytest.fixture
def api(store: StorageStore) -> Api:
    """The service of `store`, without a socket."""
    return Api(store)
