"""Reads and writes objects of a local cloud with the standard library alone."""

import os
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

_TRANSIENT = (429, 500, 503)
_TRIES = 4
_PAUSE_S = 0.05


def read(uri):
    """Return an object's bytes; an OSError where there is none."""
    bucket, name = _parts(uri)
    return _answer(Request(f"{os.environ['STORAGE_EMULATOR_HOST']}/storage/v1/b/{bucket}/o/{name}?alt=media"))


def write(uri, data):
    bucket, name = _parts(uri)
    url = f"{os.environ['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"
    _answer(Request(url, data=data, method="POST", headers={"Content-Type": "application/octet-stream"}))


def _parts(uri):
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    return bucket, quote(name, safe="")


def _answer(request):
    """Send a request, again where that may help: trainers meet the faults of the tests too."""
    tries = 0
    while True:
        try:
            with urlopen(request) as answer:
                return answer.read()
        except (OSError, HTTPException) as error:
            tries += 1
            if tries == _TRIES or (isinstance(error, HTTPError) and error.code not in _TRANSIENT):
                raise
            time.sleep(_PAUSE_S)
