"""Schemes of the repeatable split: which residues of a row's fingerprint belong to which lot. Pure.

A row is in a lot where `MOD(MOD(fingerprint, n) + n, n)` is one of the lot's residues. The sum keeps the residue in
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

TRAIN, VALIDATION, TEST = LOTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Lot:
    """The rows whose fingerprint has one of `residues` modulo `modulus`."""

    modulus: int
    residues: tuple[int, ...]

    def holds(self, fingerprint: int) -> bool:
        """Tell whether a row is in the lot; `fingerprint` is a signed 64-bit number."""
        return fingerprint % self.modulus in self.residues

    def shares_rows_with(self, other: "Lot") -> bool:
        """Tell whether some fingerprint is in both lots.

        `x = a (mod m)` and `x = b (mod n)` have a common solution exactly where a and b agree modulo gcd(m, n).
        """
        divisor = math.gcd(self.modulus, other.modulus)
        return bool({a % divisor for a in self.residues} & {b % divisor for b in other.residues})


@dataclass(frozen=True, slots=True)
class SplitScheme:
    """How rows are dealt to the three lots.

    Attributes:
        name: what the scheme is called.
        lots: the lots by name; rows of none are not used.
    """

    name: str
    lots: Mapping[str, Lot]

    def __post_init__(self) -> None:
        """Check that the lots can be dealt.

        Raises:
            SplitSchemeError: a lot is missing, empty or outside its modulus, or two lots share rows.
        """
        if set(self.lots) != set(LOTS):
            raise SplitSchemeError(
                f"scheme {self.name}: expected the lots {', '.join(LOTS)}, found {', '.join(self.lots)}"
            )
        for name, lot in self.lots.items():
            self._check(name, lot)
        for first, second in itertools.combinations(LOTS, 2):
            if self.lots[first].shares_rows_with(self.lots[second]):
                raise SplitSchemeError(
                    f"scheme {self.name}: lots {first} and {second} share rows; give each residue to one lot"
                )

    def _check(self, name: str, lot: Lot) -> None:
        where = f"scheme {self.name}, lot {name}"
        if lot.modulus < 1:
            raise SplitSchemeError(f"{where}: expected a modulus of at least 1, found {lot.modulus}")
        if not lot.residues:
            raise SplitSchemeError(f"{where}: expected at least one residue, found none")
        if len(set(lot.residues)) != len(lot.residues):
            raise SplitSchemeError(f"{where}: a residue occurs twice in {list(lot.residues)}")
        outside = [residue for residue in lot.residues if not 0 <= residue < lot.modulus]
        if outside:
            raise SplitSchemeError(f"{where}: expected residues in 0..{lot.modulus - 1}, found {outside}")

    def lot_of(self, fingerprint: int) -> str | None:
        """Return the lot of a row, None for a row that is not used."""
        return next((name for name, lot in self.lots.items() if lot.holds(fingerprint)), None)


def _scheme(name: str, train: Lot, validation: Lot, test: Lot) -> SplitScheme:
    return SplitScheme(name, MappingProxyType({TRAIN: train, VALIDATION: validation, TEST: test}))


SCHEMES: Mapping[str, SplitScheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            _scheme("lecture", Lot(10, tuple(range(8))), Lot(10, (8,)), Lot(10, (9,))),
            _scheme("lab", Lot(10, (1, 2, 3, 4)), Lot(10, (8,)), Lot(10, (9,))),
            _scheme("taxifare", Lot(1000, (1,)), Lot(10_000, (2,)), Lot(10_000, (3,))),
            _scheme("criteo", Lot(10, tuple(range(8))), Lot(10, (8,)), Lot(10, (9,))),
        )
    }
)


def split_scheme(value: object) -> SplitScheme:
    """Return the scheme that a run's parameter describes.

    Args:
        value: the name of a scheme, or `{lot: {"modulus": n, "residues": [...]}}` for each lot.

    Raises:
        SplitSchemeError: there is no such scheme, or it cannot be dealt.
    """
    if isinstance(value, SplitScheme):
        return value
    if isinstance(value, str):
        if value not in SCHEMES:
            raise SplitSchemeError(f"unknown split scheme {value!r}; {did_you_mean(value, SCHEMES)}")
        return SCHEMES[value]
    if not isinstance(value, Mapping):
        raise SplitSchemeError(f"split scheme: expected a name or an object with the lots, found {value!r}")
    return SplitScheme("custom", MappingProxyType({str(name): _lot(str(name), lot) for name, lot in value.items()}))


def _lot(name: str, value: Any) -> Lot:
    if not isinstance(value, Mapping) or set(value) != {"modulus", "residues"}:
        raise SplitSchemeError(
            f'split scheme, lot {name}: expected {{"modulus": n, "residues": [...]}}, found {value!r}'
        )
    numbers: list[Any] = (
        [value["modulus"], *value["residues"]] if isinstance(value["residues"], list | tuple) else [None]
    )
    if not all(type(number) is int for number in numbers):
        raise SplitSchemeError(f"split scheme, lot {name}: expected whole numbers, found {value!r}")
    return Lot(numbers[0], tuple(numbers[1:]))
