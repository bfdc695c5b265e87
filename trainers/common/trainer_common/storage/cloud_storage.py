"""Open Cloud Storage through pyarrow.fs."""

import os
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from pyarrow import fs

# pyarrow's own limit is 15 minutes, longer than a trial. An outage has to fail the attempt, which is then retried.
_RETRY_LIMIT = timedelta(minutes=2)
_ENDPOINT_VARIABLES = ("CLOUD_STORAGE_EMULATOR_ENDPOINT", "STORAGE_EMULATOR_HOST")


def open_cloud_storage() -> fs.FileSystem:
    """Return the file system of Cloud Storage.

    The endpoint is that of `CLOUD_STORAGE_EMULATOR_ENDPOINT` or `STORAGE_EMULATOR_HOST`, without credentials, and else
    Google's with the application default credentials: the rule of Google's own clients.
    """
    return _connect(next((os.environ[name] for name in _ENDPOINT_VARIABLES if os.environ.get(name)), ""))


@lru_cache(maxsize=4)
def _connect(endpoint: str) -> fs.FileSystem:
    """Connect to an endpoint.

    google-cloud-cpp follows the rule by itself, but pyarrow always passes credentials to it, and so needs `anonymous`.
    """
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    address = {"anonymous": True, "scheme": parts.scheme, "endpoint_override": parts.netloc} if endpoint else {}
    return fs.GcsFileSystem(retry_time_limit=_RETRY_LIMIT, **address)
