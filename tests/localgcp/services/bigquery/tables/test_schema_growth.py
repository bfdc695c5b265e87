"""How a table's schema may change with the rows that come to it."""

from dataclasses import replace

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.schema_growth import Growth, grown
from localgcp.services.bigquery.types.schema import Field

NAME = TableName("p", "d", "t")
A = Field(name="a", type="INTEGER", mode="REQUIRED")
R = Field(name="r", type="RECORD", fields=(Field(name="x", type="STRING"),))
WIDER = replace(R, fields=(*R.fields, Field(name="y", type="FLOAT")))


@pytest.mark.parametrize(
    ("new", "growth", "message"),
    [
        ([replace(A, type="STRING")], Growth(), "Field a has changed type from INTEGER to STRING"),
        ([replace(A, mode="REPEATED")], Growth(), "Field a has changed mode from REQUIRED to REPEATED"),
        (
            [replace(A, mode="NULLABLE")], Growth(checks_modes=True),
            "Field a has changed mode from REQUIRED to NULLABLE",
        ),
        ([R], Growth(checks_modes=True), "Field a is missing in new schema"),
        ([A, WIDER], Growth(), r"Cannot add fields \(field: r\.y\)"),
        ([A, Field(name="b", type="DATE")], Growth(), r"Cannot add fields \(field: b\)"),
        (
            [A, Field(name="b", type="DATE", mode="REQUIRED")], Growth(may_add=True, checks_modes=True),
            "Cannot add required fields",
        ),
    ],
)  # fmt: skip
def test_change_that_is_not_allowed_is_named(new: list[Field], growth: Growth, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        grown(NAME, [A, R], new, growth)


@pytest.mark.parametrize(
    ("new", "growth", "expected"),
    [
        ([R], Growth(), (A, R)),
        ([replace(A, name="A")], Growth(), (A, R)),
        ([A, WIDER], Growth(may_add=True), (A, WIDER)),
        ([replace(A, mode="NULLABLE")], Growth(may_relax=True), (replace(A, mode="NULLABLE"), R)),
        ([R], Growth(may_relax=True), (replace(A, mode="NULLABLE"), R)),
    ],
)
def test_schema_after_an_allowed_change(new: list[Field], growth: Growth, expected: tuple[Field, ...]) -> None:
    assert grown(NAME, [A, R], new, growth) == expected
