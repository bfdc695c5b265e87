"""Generations and metagenerations."""

import pytest

from localgcp.core.http.errors import ApiError
from localgcp.services.storage.conventions.preconditions import Preconditions
from localgcp.services.storage.objects.resources import StoredObject

_LIVE = StoredObject(
    bucket="b", name="n", generation=7, metageneration=2, content_id="c", size_bytes=0, crc32c="", md5="", created="",
    updated="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "present"),
    [
        (Preconditions(), None),
        (Preconditions(generation_match=0), None),
        (Preconditions(generation_match=7, metageneration_match=2), _LIVE),
        (Preconditions(generation_not_match=8), _LIVE),
        (Preconditions(generation_not_match=0), _LIVE),
        (Preconditions(metageneration_not_match=1), _LIVE),
    ],
)
def test_condition_holds(conditions: Preconditions, present: StoredObject | None) -> None:
    conditions.check("b/n", present)


@pytest.mark.parametrize(
    ("conditions", "present"),
    [
        (Preconditions(generation_match=0), _LIVE),
        (Preconditions(generation_match=6), _LIVE),
        (Preconditions(generation_match=7), None),
        (Preconditions(generation_not_match=7), _LIVE),
        (Preconditions(generation_not_match=0), None),
        (Preconditions(metageneration_match=1), _LIVE),
        (Preconditions(metageneration_match=1), None),
    ],
)
def test_condition_that_does_not_hold_is_a_412_that_names_the_object(
    conditions: Preconditions, present: StoredObject | None
) -> None:
    with pytest.raises(ApiError, match="b/n") as caught:
        conditions.check("b/n", present)
    assert caught.value.code == 412


def test_unwanted_generation_is_a_304_for_a_read() -> None:
    with pytest.raises(ApiError) as caught:
        Preconditions(generation_not_match=7).check("b/n", _LIVE, is_read=True)
    assert caught.value.code == 304


def test_parameters_are_read_by_prefix() -> None:
    query = {"ifGenerationMatch": "0", "ifSourceGenerationMatch": "5", "ifMetagenerationNotMatch": "3"}
    assert Preconditions.read(query.get) == Preconditions(generation_match=0, metageneration_not_match=3)
    assert Preconditions.read(query.get, "ifSource") == Preconditions(generation_match=5)


def test_value_that_is_no_number_is_a_400() -> None:
    with pytest.raises(ApiError, match="ifGenerationMatch") as caught:
        Preconditions.read({"ifGenerationMatch": "latest"}.get)
    assert caught.value.code == 400
