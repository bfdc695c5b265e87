"""Sets of values of a partitioning column: spans of integers, with or without NULL.

A DATE is stored as days since 1970, a DATETIME or TIMESTAMP as microseconds since 1970.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

DAY_US = 86_400_000_000
Number = int | float


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A set of values.

    Attributes:
        spans: pairs of a first value and the value after the last; in order, without overlap.
        null: whether the set contains NULL.
    """

    spans: tuple[tuple[Number, Number], ...]
    null: bool = False

    def __and__(self, other: "ValueSet") -> "ValueSet":
        spans = [(max(a, c), min(b, d)) for a, b in self.spans for c, d in other.spans]
        return ValueSet(_merged(spans), self.null and other.null)

    def __or__(self, other: "ValueSet") -> "ValueSet":
        return ValueSet(_merged([*self.spans, *other.spans]), self.null or other.null)

    def complement(self) -> "ValueSet":
        """Return the values that are not in the set; NULL is in neither set."""
        edges = [-inf, *(edge for part in self.spans for edge in part), inf]
        return ValueSet(_merged(zip(edges[::2], edges[1::2], strict=True)))

    def mapped(self, edge: Callable[[int], int]) -> "ValueSet":
        """Return the set with both ends of each span mapped by a monotonic function."""
        return ValueSet(_merged((_moved(low, edge), _moved(high, edge)) for low, high in self.spans), self.null)

    @property
    def is_empty(self) -> bool:
        """Whether the set has no value."""
        return not self.spans and not self.null


def span(low: Number, high: Number) -> ValueSet:
    """Return the values from `low` up to, but without, `high`."""
    return ValueSet(_merged([(low, high)]))


def outside(low: Number, high: Number) -> ValueSet:
    """Return the values below `low`, and those from `high` on."""
    return span(low, high).complement()


def _moved(edge: Number, move: Callable[[int], int]) -> Number:
    return edge if isinstance(edge, float) else move(edge)


def _merged(spans: Iterable[tuple[Number, Number]]) -> tuple[tuple[Number, Number], ...]:
    found: list[tuple[Number, Number]] = []
    for low, high in sorted(part for part in spans if part[0] < part[1]):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


EVERYTHING = ValueSet(((-inf, inf),), null=True)
NOT_NULL = ValueSet(((-inf, inf),))
NULL_ONLY = ValueSet((), null=True)
NOTHING = ValueSet(())
