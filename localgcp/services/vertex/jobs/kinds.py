"""The two kinds of training jobs."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import uuid4


class JobKind(StrEnum):
    """The kinds of job, by the name of the message."""

    CUSTOM = "CustomJob"
    TUNING = "HyperparameterTuningJob"


COLLECTIONS: Mapping[JobKind, str] = {JobKind.CUSTOM: "customJobs", JobKind.TUNING: "hyperparameterTuningJobs"}


def new_name(kind: JobKind, parent: str) -> str:
    """Return the resource name of a new job in a location."""
    return f"{parent}/{COLLECTIONS[kind]}/{uuid4().int >> 66}"
