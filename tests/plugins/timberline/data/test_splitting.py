"""Split schemes: every row in at most one split, the same one always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.data.splitting import SCHEMES, SPLITS, SplitRule, SplitScheme, split_scheme
from timberline.run.errors import SplitSchemeError

_INT64 = st.integers(-(2**63), 2**63 - 1)


@given(_INT64, st.sampled_from(sorted(SCHEMES)))
def test_a_row_is_in_at_most_one_split(fingerprint: int, name: str) -> None:
    holding = [split for split in SPLITS if SCHEMES[name].splits[split].holds(fingerprint)]
    assert len(holding) <= 1
    assert SCHEMES[name].split_of(fingerprint) == (holding[0] if holding else None)


@given(_INT64)
def test_the_rule_is_the_one_of_the_statement(fingerprint: int) -> None:
    def mod(x: int, n: int) -> int:  # GoogleSQL's MOD has the sign of x
        return abs(x) % n * (1 if x >= 0 else -1)

    for scheme in SCHEMES.values():
        for split in scheme.splits.values():
            assert split.holds(fingerprint) == (
                mod(mod(fingerprint, split.modulus) + split.modulus, split.modulus) in split.residues
            )


def test_the_smallest_fingerprint_has_a_split() -> None:
    assert SCHEMES["80_10_10"].split_of(-(2**63)) == "train"


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("80_10_10", (0.8, 0.1, 0.1)),
        ("40_10_10", (0.4, 0.1, 0.1)),
        ("taxifare", (0.001, 0.0001, 0.0001)),
    ],
)
def test_shares_of_the_named_schemes(name: str, shares: tuple[float, ...]) -> None:
    splits = SCHEMES[name].splits
    assert tuple(len(splits[split].residues) / splits[split].modulus for split in SPLITS) == pytest.approx(shares)


_splits = st.integers(1, 40).flatmap(
    lambda n: st.builds(SplitRule, st.just(n), st.lists(st.integers(0, n - 1), min_size=1, unique=True).map(tuple))
)


@given(_splits, _splits)
def test_sharing_rows_is_seen_exactly_where_a_fingerprint_is_in_both(first: SplitRule, second: SplitRule) -> None:
    shared = any(first.holds(x) and second.holds(x) for x in range(first.modulus * second.modulus))
    assert first.shares_rows_with(second) == shared


@pytest.mark.parametrize(("alias", "name"), [("lecture", "80_10_10"), ("criteo", "80_10_10"), ("lab", "40_10_10")])
def test_older_names_stand_for_a_scheme(alias: str, name: str) -> None:
    assert split_scheme(alias) is SCHEMES[name]


def test_a_custom_scheme_is_read() -> None:
    scheme = split_scheme(
        {
            "train": {"modulus": 4, "residues": [0, 1]},
            "validation": {"modulus": 4, "residues": [2]},
            "test": {"modulus": 4, "residues": [3]},
        }
    )
    assert scheme.split_of(7) == "test"


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(SplitSchemeError, match="unknown split scheme 'lectures'; did you mean 'lecture'"):
        split_scheme("lectures")


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (
            {"train": SplitRule(10, (0, 1)), "validation": SplitRule(10, (1,)), "test": SplitRule(10, (9,))},
            "train and validation share",
        ),
        (
            {"train": SplitRule(10, (0,)), "validation": SplitRule(5, (1,)), "test": SplitRule(10, (6,))},
            "validation and test share",
        ),
        (
            {"train": SplitRule(10, (10,)), "validation": SplitRule(10, (1,)), "test": SplitRule(10, (9,))},
            r"split train: .* 0\.\.9, found \[10\]",
        ),
        (
            {"train": SplitRule(10, ()), "validation": SplitRule(10, (1,)), "test": SplitRule(10, (9,))},
            "split train: .* found none",
        ),
        (
            {"train": SplitRule(10, (0, 0)), "validation": SplitRule(10, (1,)), "test": SplitRule(10, (9,))},
            "a residue occurs twice",
        ),
        (
            {"train": SplitRule(0, (0,)), "validation": SplitRule(10, (1,)), "test": SplitRule(10, (9,))},
            "modulus of at least 1",
        ),
        ({"train": SplitRule(10, (0,)), "test": SplitRule(10, (9,))}, "expected the splits train, validation, test"),
    ],
)
def test_splits_that_cannot_be_dealt_are_refused(splits: dict[str, SplitRule], message: str) -> None:
    with pytest.raises(SplitSchemeError, match=message):
        SplitScheme("custom", splits)


@pytest.mark.parametrize(
    "value",
    [
        3,
        None,
        {"train": 3},
        {"train": {"modulus": 10}},
        {"train": {"modulus": 10, "residues": "0"}},
        {"train": {"modulus": 2.0, "residues": [0]}},
    ],
)
def test_what_describes_no_scheme_is_refused(value: object) -> None:
    with pytest.raises(SplitSchemeError, match="expected"):
        split_scheme(value)
