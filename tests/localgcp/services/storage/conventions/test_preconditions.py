"""Conditions on generations and metagenerations."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.storage.conventions.preconditions import Preconditions

_LIVE = {"generation": 7, "metageneration": 2}
_NONE = {"generation": 0, "metageneration": 0}


@pytest.mark.parametrize(
    ("conditions", "present"),
    [
        (Preconditions(), _NONE),
        (Preconditions(generation_match=0), _NONE),
        (Preconditions(generation_match=7, metageneration_match=2), _LIVE),
        (Preconditions(generation_not_match=8), _LIVE),
        (Preconditions(generation_not_match=0), _LIVE),
        (Preconditions(metageneration_not_match=1), _LIVE),
    ],
)
def test_condition_that_holds_raises_nothing(conditions: Preconditions, present: dict[str, int]) -> None:
    conditions.check("b/n", **present)


@pytest.mark.parametrize(
    ("conditions", "present"),
    [
        (Preconditions(generation_match=0), _LIVE),
        (Preconditions(generation_match=6), _LIVE),
        (Preconditions(generation_match=7), _NONE),
        (Preconditions(generation_not_match=7), _LIVE),
        (Preconditions(generation_not_match=0), _NONE),
        (Preconditions(metageneration_match=1), _LIVE),
        (Preconditions(metageneration_match=1), _NONE),
    ],
)
def test_failed_condition_is_a_412_that_names_the_object(conditions: Preconditions, present: dict[str, int]) -> None:
    with pytest.raises(ApiError, match="b/n") as caught:
        conditions.check("b/n", **present)
    assert caught.value.code == 412


def test_excluded_generation_is_a_304_for_a_read() -> None:
    with pytest.raises(ApiError) as caught:
        Preconditions(generation_not_match=7).check("b/n", **_LIVE, is_read=True)
    assert caught.value.code == 304


def test_parameters_are_read_by_prefix() -> None:
    query = {"ifGenerationMatch": "0", "ifSourceGenerationMatch": "5", "ifMetagenerationNotMatch": "3"}
    assert Preconditions.read(query.get) == Preconditions(generation_match=0, metageneration_not_match=3)
    assert Preconditions.read(query.get, "ifSource") == Preconditions(generation_match=5)


def test_value_that_is_not_a_number_is_a_400() -> None:
    with pytest.raises(ApiError, match="ifGenerationMatch") as caught:
        Preconditions.read({"ifGenerationMatch": "latest"}.get)
    assert caught.value.code == 400
