"""Sets of values of a partitioning column, and the partitions that contain them."""

from hypothesis import given
from hypothesis import strategies as st

from localgcp.services.bigquery.tables.partition_values import ValueSet, span
from localgcp.services.bigquery.tables.partitioning import NULL_ID, OTHER_ID, Partitioning

_SETS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=4).map(
    lambda pairs: ValueSet(()).__or__(ValueSet(tuple(sorted(pair for pair in pairs if pair[0] < pair[1]))))
)


def _has(values: ValueSet, number: int) -> bool:
    return not (values & span(number, number + 1)).is_empty


@given(_SETS, _SETS, st.integers(-12, 12))
def test_sets_are_combined_value_by_value(left: ValueSet, right: ValueSet, number: int) -> None:
    assert _has(left & right, number) == (_has(left, number) and _has(right, number))
    assert _has(left | right, number) == (_has(left, number) or _has(right, number))
    assert _has(left.complement(), number) != _has(left, number)


@given(st.integers(-50, 50))
def test_each_integer_lies_in_one_partition(number: int) -> None:
    ranges = Partitioning(column="n", kind="INTEGER", start=-20, end=25, interval=10)
    names = [str(low) for low in range(-20, 25, 10)] + [OTHER_ID]
    assert sum(_has(ranges.values(name), number) for name in names) == 1
    assert not _has(ranges.values(NULL_ID), number)


def test_months_follow_each_other() -> None:
    months = Partitioning(column="d", kind="DATE", unit="MONTH")
    ends = [months.values(name).spans[0] for name in ("202311", "202312", "202401")]
    assert [first[1] for first in ends[:-1]] == [later[0] for later in ends[1:]]
