"""Google's clients for the local cloud that is measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localgcp.testing.local_cloud import LocalCloud

LOCATION = "europe-west1"
BUCKET = "bench-bucket"


@contextmanager
def client_environment(cloud: LocalCloud) -> Iterator[None]:
    """Create a bucket, and set the clients' variables while a block runs."""
    before = dict(os.environ)
    os.environ.update(cloud.environment)
    try:
        storage().create_bucket(BUCKET)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def storage() -> Any:
    """Return a client of Cloud Storage."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    return storage.Client(credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


def bigquery() -> Any:
    """Return a client of BigQuery."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    return bigquery.Client(credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


def rest(cloud: LocalCloud) -> dict[str, Any]:
    """Return the constructor arguments of a client that does not read the variables."""
    from google.auth.credentials import AnonymousCredentials

    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return {"transport": "rest", "credentials": credentials, "client_options": cloud.client_options}


def jobs(cloud: LocalCloud) -> Any:
    """Return a client of Vertex AI's jobs."""
    from google.cloud import aiplatform_v1

    return aiplatform_v1.JobServiceClient(**rest(cloud))


def parent(cloud: LocalCloud) -> str:
    """Return the parent of the jobs: a location in the project of the cloud."""
    return f"projects/{cloud.project}/locations/{LOCATION}"
