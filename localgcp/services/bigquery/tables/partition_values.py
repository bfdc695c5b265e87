"""Sets of values of one column: spans of whole numbers, with or without NULL.

A DATE counts as days since 1970, a DATETIME or TIMESTAMP as microseconds; so a span of times is a span of integers.
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
        spans: half-open, in order, apart from each other.
        null: NULL is one of them.
    """

    spans: tuple[tuple[Number, Number], ...]
    null: bool = False

    def __and__(self, other: "ValueSet") -> "ValueSet":
        spans = [(max(a, c), min(b, d)) for a, b in self.spans for c, d in other.spans]
        return ValueSet(_merged(spans), self.null and other.null)

    def __or__(self, other: "ValueSet") -> "ValueSet":
        return ValueSet(_merged([*self.spans, *other.spans]), self.null or other.null)

    def without(self) -> "ValueSet":
        """Return the values that are not in it; NULL is in neither."""
        edges = [-inf, *(edge for part in self.spans for edge in part), inf]
        return ValueSet(_merged(zip(edges[::2], edges[1::2], strict=True)))

    def moved(self, edge: Callable[[int], int]) -> "ValueSet":
        """Return the set with each end of a span moved by a function that keeps their order."""
        return ValueSet(_merged((_moved(low, edge), _moved(high, edge)) for low, high in self.spans), self.null)

    @property
    def is_empty(self) -> bool:
        """No value is in it."""
        return not self.spans and not self.null


def span(low: Number, high: Number) -> ValueSet:
    """Return the values from `low` on below `high`."""
    return ValueSet(_merged([(low, high)]))


def outside(low: Number, high: Number) -> ValueSet:
    """Return the values below `low` and from `high` on."""
    return span(low, high).without()


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
