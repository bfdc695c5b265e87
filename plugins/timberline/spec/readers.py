"""Readers of jobs that another file describes in a format of its own. Pure.

A job file names such a file with a key of its own, e.g. `v1Config: jobs.yaml`. The package that knows the format
registers a reader for the key, so that this package imports no other.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Reader = Callable[[Any], Mapping[str, Any]]
"""Returns the keys of a job file (`tuning`, `training`) that a document in another format stands for.

It raises an InputError for a document that it cannot read.
"""

_readers: dict[str, Reader] = {}


def register_reader(key: str, reader: Reader) -> None:
    """Let job files name a file in another format.

    Args:
        key: the job file's key that names the file.
        reader: reads the file's document. A second registration of the key replaces the first one.
    """
    _readers[key] = reader


def registered_readers() -> Mapping[str, Reader]:
    """Return the readers by key."""
    return MappingProxyType(_readers)
