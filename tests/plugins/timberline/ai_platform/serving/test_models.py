"""Models of v1 as endpoints."""

from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.fields import leaves, with_field
from tests.plugins.timberline.ai_platform.messages import read
from timberline.ai_platform.serving.models import ModelTranslation, translate_model
from timberline.run.errors import AiPlatformError

_MAPPED: dict[str, Any] = {
    "name": "other",
    "description": "cover types",
    "labels": {"task": "classifier"},
    "onlinePredictionLogging": True,
    "onlinePredictionConsoleLogging": True,
    "regions": ["europe-west4"],
}
_WARNED: dict[str, Any] = {"etag": "abc", "defaultVersion": {"name": "v1"}}


def _result(translation: ModelTranslation) -> tuple[object, ...]:
    return (translation.id, translation.region, translation.endpoint, translation.logging)


def test_every_field_has_a_fate() -> None:
    assert set(leaves("Model", skip=["defaultVersion"])) == _MAPPED.keys() | _WARNED.keys()


@pytest.mark.parametrize("field", _MAPPED)
def test_a_mapped_field_changes_what_is_asked_for(field: str) -> None:
    body = with_field({"name": "forest"}, field, _MAPPED[field])
    assert _result(translate_model(body)) != _result(translate_model({"name": "forest"}))


@pytest.mark.parametrize("field", _WARNED)
def test_a_field_of_the_service_is_noted(field: str) -> None:
    translation = translate_model(with_field({"name": "forest"}, field, _WARNED[field]))
    assert [note.field for note in translation.notes] == [f"model.{field}"]
    assert _result(translation) == _result(translate_model({"name": "forest"}))


def test_the_endpoint_is_one_that_vertex_ai_takes() -> None:
    message = read("Endpoint", translate_model({"name": "forest_cover", **_MAPPED, "labels": {"Task": "A b"}}).endpoint)
    assert message.display_name == "other"
    assert message.labels == {"task": "a_b"}


def test_a_name_that_is_no_id_is_noted() -> None:
    translation = translate_model({"name": "Forest"})
    assert [note.field for note in translation.notes] == ["model.name"]
    assert translation.id in translation.notes[0].text


def test_logs_are_sent_where_v1_sent_them() -> None:
    assert translate_model({"name": "m"}).logging == {"enableAccessLogging": False, "disableContainerLogging": True}
    both = {"name": "m", "onlinePredictionLogging": True, "onlinePredictionConsoleLogging": True}
    assert translate_model(both).logging == {"enableAccessLogging": True, "disableContainerLogging": False}


def test_the_region_is_v1s_default() -> None:
    assert translate_model({"name": "m"}).region == "us-central1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, r"^model\.name: .* found none"),
        ({"name": "m", "regions": ["a", "b"]}, r"^model\.regions: expected one region, found a, b"),
        ({"name": "m", "descriptions": "x"}, r"^model\.descriptions: unknown key"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(body: dict[str, Any], message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        translate_model(body)
