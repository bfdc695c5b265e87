"""Fixtures for the tests of BigQuery."""

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> bigquery.Client:
    return bigquery.Client(project=localgcp.project, credentials=AnonymousCredentials())
