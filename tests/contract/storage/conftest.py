"""Fixtures of the tests of Cloud Storage."""

import zlib
from collections.abc import Iterator

import pytest
from google.cloud import storage

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> Iterator[storage.Client]:
    client = storage.Client()
    yield client
    client.close()


@pytest.fixture
def bucket(client: storage.Client, request: pytest.FixtureRequest) -> storage.Bucket:
    """A bucket for one test."""
    return client.create_bucket(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")
