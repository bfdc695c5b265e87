"""Traffic splits: what is refused, and how requests are dealt out."""

from collections import Counter

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.vertex.endpoints.traffic import Balancer, check_split


def test_shares_of_deployed_models_that_sum_to_100_pass() -> None:
    check_split({"1": 30, "2": 70, "3": 0}, ["1", "2", "3", "4"])


def test_no_shares_pass() -> None:
    check_split({}, ["1"])


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({"1": 99}, "sum to 99"),
        ({"1": 100, "2": 100}, "sum to 200"),
        ({"1": 120, "2": -20}, "2: -20"),
        ({"9": 100}, r"\[9\] do not exist"),
    ],
)
def test_other_shares_are_refused(split: dict[str, int], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        check_split(split, ["1", "2"])


def test_of_100_requests_each_model_gets_its_share() -> None:
    balancer = Balancer({"a": 70, "b": 25, "c": 5})
    assert Counter(balancer.next() for _ in range(100)) == {"a": 70, "b": 25, "c": 5}


def test_requests_of_a_model_are_spread_evenly() -> None:
    balancer = Balancer({"a": 90, "b": 10})
    chosen = [balancer.next() for _ in range(50)]
    assert [chosen[start : start + 10].count("b") for start in range(0, 50, 10)] == [1] * 5


def test_model_without_a_share_gets_nothing() -> None:
    balancer = Balancer({"a": 100, "b": 0})
    assert {balancer.next() for _ in range(20)} == {"a"}


def test_empty_split_chooses_no_model() -> None:
    assert Balancer({}).next() is None
