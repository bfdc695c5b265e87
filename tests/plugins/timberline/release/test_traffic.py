"""Shares are whole percents that sum to 100, whatever is added or taken away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.release.traffic import Split, canary_share, promoted, scaled, with_canary, without
from timberline.run.errors import InputError

_MODELS = [str(number) for number in range(1, 7)]


@st.composite
def _splits(draw: st.DrawFn) -> Split:
    """Return what an endpoint may have: nothing, or shares from 0 that sum to 100."""
    names = draw(st.lists(st.sampled_from(_MODELS), unique=True, max_size=5))
    weights = [draw(st.integers(0, 100)) for _ in names]
    return scaled(dict(zip(names, weights, strict=True)), 100)


def _reordered(split: Split) -> Split:
    return dict(reversed(split.items()))


def _is_split(split: Split) -> bool:
    return all(type(share) is int and share >= 0 for share in split.values()) and sum(split.values()) in (0, 100)


@given(_splits(), st.sampled_from(_MODELS), st.integers(1, 100))
def test_a_canary_gets_its_percent_and_the_rest_stays_whole(split: Split, model: str, percent: int) -> None:
    found = with_canary(split, model, percent)
    assert _is_split(found)
    has_others = any(share for name, share in split.items() if name != model)
    assert found[model] == (percent if has_others else 100)


@given(_splits(), st.sampled_from(_MODELS), st.integers(1, 100))
def test_asking_for_a_canary_again_changes_nothing(split: Split, model: str, percent: int) -> None:
    once = with_canary(split, model, percent)
    assert with_canary(once, model, percent) == {name: share for name, share in once.items() if share}


@given(_splits(), st.sampled_from(_MODELS))
def test_taking_a_model_away_leaves_a_whole_or_nothing(split: Split, model: str) -> None:
    found = without(split, model)
    assert _is_split(found)
    assert model not in found
    assert bool(found) == any(share for name, share in split.items() if name != model)


@given(_splits(), st.sampled_from(_MODELS), st.integers(1, 99))
def test_the_order_in_which_shares_are_named_does_not_matter(split: Split, model: str, percent: int) -> None:
    assert with_canary(split, model, percent) == with_canary(_reordered(split), model, percent)
    assert without(split, model) == without(_reordered(split), model)


@given(_splits(), st.sampled_from(_MODELS))
def test_a_promoted_model_takes_all(split: Split, model: str) -> None:
    found = promoted(split, model)
    assert found[model] == sum(found.values()) == 100
    assert set(found) == set(split) | {model}


@given(st.integers(1, 100), st.integers(1, 99))
def test_a_canary_taken_away_leaves_two_equal_shares_as_they_were(percent: int, first: int) -> None:
    before = {"1": 50, "2": 50}
    if percent % 2 == 0 and percent < 100:
        assert without(with_canary(before, "3", percent), "3") == before


def test_the_others_keep_their_proportions() -> None:
    assert with_canary({"1": 75, "2": 25}, "3", 20) == {"1": 60, "2": 20, "3": 20}
    assert without({"1": 60, "2": 20, "3": 20}, "3") == {"1": 75, "2": 25}


def test_without_others_the_heir_takes_all() -> None:
    assert without({"1": 0, "2": 100}, "2", "1") == {"1": 100}
    assert without({"1": 30, "2": 70}, "2", "3") == {"1": 100}


@pytest.mark.parametrize("percent", [0, 101, -1, "all"])
def test_an_impossible_percentage_is_refused(percent: int | str) -> None:
    with pytest.raises(InputError, match=f"canary_percent: expected 1 to 100, found {percent}"):
        canary_share(percent)
