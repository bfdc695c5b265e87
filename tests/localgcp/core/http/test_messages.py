"""Bodies as the official messages read them."""

from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http import messages


def test_parsed_is_canonical() -> None:
    raw = {"display_name": "x", "supportedDeploymentResourcesTypes": [1], "containerSpec": {"ports": []}}
    assert messages.parse("Model", raw) == {
        "displayName": "x", "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES"], "containerSpec": {},
    }  # fmt: skip


def test_enums_become_integers_in_lists_and_maps_too() -> None:
    explanation = {"metadata": {"inputs": {"value": {"encoding": "BAG_OF_FEATURES"}}}}
    model = {"supportedDeploymentResourcesTypes": ["SHARED_RESOURCES"], "explanationSpec": explanation, "name": "n"}
    assert messages.enums_as_integers("Model", model) == {
        "supportedDeploymentResourcesTypes": [3], "name": "n",
        "explanationSpec": {"metadata": {"inputs": {"value": {"encoding": 2}}}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "raw", "problem"),
    [
        ("CustomJob", {"colour": 1}, "Unknown name \"colour\" at 'custom_job': Cannot find field."),
        ("CustomJob", {"jobSpec": {"colour": 1}}, "Unknown name \"colour\" at 'custom_job.job_spec'"),
        ("UploadModelRequest", {"colour": 1}, 'Unknown name "colour": Cannot find field.'),
        ("UploadModelRequest", {"model": {"colour": 1}}, "Unknown name \"colour\" at 'model'"),
        ("UploadModelRequest", {"model": {"supportedDeploymentResourcesTypes": [77]}}, "Invalid value at 'model."),
        ("Model", {"displayName": 1}, "Invalid JSON payload received."),
    ],
)
def test_what_the_message_does_not_have_is_refused(kind: str, raw: dict[str, Any], problem: str) -> None:
    with pytest.raises(ApiError) as refused:
        messages.parse(kind, raw)
    assert refused.value.code == 400
    assert problem in refused.value.message
