"""Placeholders in the texts of a job are replaced, and an unknown one is named."""

from typing import Any

import pytest

from timberline.run.errors import JobFileError
from timberline.spec.decoding import decode
from timberline.spec.jobspecs import CustomJobSpec
from timberline.spec.placeholders import fill

_TEXTS = {"image_uri": "image", "train_uri": "gs://b/t"}


def _job(*args: str) -> CustomJobSpec:
    container: dict[str, Any] = {"imageUri": "{{ image_uri }}", "args": list(args)}
    pool = {"machineSpec": {"machineType": "n1-standard-4"}, "containerSpec": container}
    return decode(CustomJobSpec, {"workerPoolSpecs": [pool], "scheduling": {"timeout": "3600s"}}, "")


def test_placeholders_are_filled_everywhere() -> None:
    spec = fill(_job("--hptune", "--train={{ train_uri }}"), _TEXTS, "job.yaml")
    (pool,) = spec.worker_pool_specs
    assert (pool.container_spec.image_uri, pool.container_spec.args) == ("image", ("--hptune", "--train=gs://b/t"))
    assert isinstance(spec, CustomJobSpec)


def test_an_unknown_placeholder_is_named() -> None:
    with pytest.raises(JobFileError, match=r"'trian_uri' is undefined; known placeholders: .*train_uri"):
        fill(_job("{{ trian_uri }}"), _TEXTS, "job.yaml")
