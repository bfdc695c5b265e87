"""Schemes of the repeatable split: which residues of a row's fingerprint belong to which split. Pure.

A row is in a split where `MOD(MOD(fingerprint, n) + n, n)` is one of the split's residues. The sum keeps the residue in
0..n-1 for negative fingerprints; taking ABS of the fingerprint first would overflow for the smallest INT64.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from timberline.run.errors import SplitSchemeError
from timberline.run.wording import did_you_mean

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class SplitRule:
    """The rows whose fingerprint has one of `residues` modulo `modulus`."""

    modulus: int
    residues: tuple[int, ...]

    def holds(self, fingerprint: int) -> bool:
        """Tell whether a row is in the split, by its `fingerprint`, a signed 64-bit number."""
        return fingerprint % self.modulus in self.residues

    def shares_rows_with(self, other: "SplitRule") -> bool:
        """Tell whether some fingerprint is in both splits.

        `x = a (mod m)` and `x = b (mod n)` have a common solution exactly where a and b agree modulo gcd(m, n).
        """
        divisor = math.gcd(self.modulus, other.modulus)
        return bool({a % divisor for a in self.residues} & {b % divisor for b in other.residues})


@dataclass(frozen=True, slots=True)
class SplitScheme:
    """How rows are assigned to the three splits.

    Attributes:
        name: what the scheme is called.
        splits: the splits by name; rows that are in no split are not used.
    """

    name: str
    splits: Mapping[str, SplitRule]

    def __post_init__(self) -> None:
        """Check the splits.

        Raises:
            SplitSchemeError: a split is missing, empty or outside its modulus, or two splits share rows.
        """
        if set(self.splits) != set(SPLITS):
            raise SplitSchemeError(
                f"scheme {self.name}: expected the splits {', '.join(SPLITS)}, found {', '.join(self.splits)}"
            )
        for name, split in self.splits.items():
            self._check(name, split)
        for first, second in itertools.combinations(SPLITS, 2):
            if self.splits[first].shares_rows_with(self.splits[second]):
                raise SplitSchemeError(
                    f"scheme {self.name}: splits {first} and {second} share rows; give each residue to one split"
                )

    def _check(self, name: str, split: SplitRule) -> None:
        where = f"scheme {self.name}, split {name}"
        if split.modulus < 1:
            raise SplitSchemeError(f"{where}: expected a modulus of at least 1, found {split.modulus}")
        if not split.residues:
            raise SplitSchemeError(f"{where}: expected at least one residue, found none")
        if len(set(split.residues)) != len(split.residues):
            raise SplitSchemeError(f"{where}: a residue occurs twice in {list(split.residues)}")
        outside = [residue for residue in split.residues if not 0 <= residue < split.modulus]
        if outside:
            raise SplitSchemeError(f"{where}: expected residues in 0..{split.modulus - 1}, found {outside}")

    def split_of(self, fingerprint: int) -> str | None:
        """Return the split of a row; None for a row that is not used."""
        return next((name for name, split in self.splits.items() if split.holds(fingerprint)), None)


def _scheme(name: str, train: SplitRule, validation: SplitRule, test: SplitRule) -> SplitScheme:
    return SplitScheme(name, MappingProxyType({TRAIN: train, VALIDATION: validation, TEST: test}))


SCHEMES: Mapping[str, SplitScheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            _scheme("80_10_10", SplitRule(10, tuple(range(8))), SplitRule(10, (8,)), SplitRule(10, (9,))),
            _scheme("40_10_10", SplitRule(10, (1, 2, 3, 4)), SplitRule(10, (8,)), SplitRule(10, (9,))),
            _scheme("taxifare", SplitRule(1000, (1,)), SplitRule(10_000, (2,)), SplitRule(10_000, (3,))),
        )
    }
)
"""The schemes by name, which says the percentages; `taxifare` is 0.1 %, 0.01 % and 0.01 %."""

ALIASES: Mapping[str, str] = MappingProxyType({"lecture": "80_10_10", "criteo": "80_10_10", "lab": "40_10_10"})
"""Older names of schemes."""


def split_scheme(value: object) -> SplitScheme:
    """Return the scheme that a run's parameter describes.

    Args:
        value: the name of a scheme or an alias, or `{split: {"modulus": n, "residues": [...]}}` for each split.

    Raises:
        SplitSchemeError: there is no such scheme, or its splits are impossible.
    """
    if isinstance(value, SplitScheme):
        return value
    if isinstance(value, str):
        name = ALIASES.get(value, value)
        if name not in SCHEMES:
            raise SplitSchemeError(f"unknown split scheme {value!r}; {did_you_mean(value, [*SCHEMES, *ALIASES])}")
        return SCHEMES[name]
    if not isinstance(value, Mapping):
        raise SplitSchemeError(f"split scheme: expected a name or an object with the splits, found {value!r}")
    return SplitScheme(
        "custom", MappingProxyType({str(name): _split(str(name), split) for name, split in value.items()})
    )


def _split(name: str, value: Any) -> SplitRule:
    if not isinstance(value, Mapping) or set(value) != {"modulus", "residues"}:
        raise SplitSchemeError(
            f'split scheme, split {name}: expected {{"modulus": n, "residues": [...]}}, found {value!r}'
        )
    numbers: list[Any] = (
        [value["modulus"], *value["residues"]] if isinstance(value["residues"], list | tuple) else [None]
    )
    if not all(type(number) is int for number in numbers):
        raise SplitSchemeError(f"split scheme, split {name}: expected whole numbers, found {value!r}")
    return SplitRule(numbers[0], tuple(numbers[1:]))
