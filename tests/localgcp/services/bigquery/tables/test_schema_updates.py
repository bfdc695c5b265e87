"""Schema updates by appended rows."""

from dataclasses import replace

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.schema_updates import SchemaUpdates, schema_after
from localgcp.services.bigquery.types.schema import Field

NAME = TableName("p", "d", "t")
A = Field(name="a", type="INTEGER", mode="REQUIRED")
R = Field(name="r", type="RECORD", fields=(Field(name="x", type="STRING"),))
WIDER = replace(R, fields=(*R.fields, Field(name="y", type="FLOAT")))


@pytest.mark.parametrize(
    ("new", "updates", "message"),
    [
        ([replace(A, type="STRING")], SchemaUpdates(), "Field a has changed type from INTEGER to STRING"),
        ([replace(A, mode="REPEATED")], SchemaUpdates(), "Field a has changed mode from REQUIRED to REPEATED"),
        (
            [replace(A, mode="NULLABLE")], SchemaUpdates(checks_modes=True),
            "Field a has changed mode from REQUIRED to NULLABLE",
        ),
        ([R], SchemaUpdates(checks_modes=True), "Field a is missing in new schema"),
        ([A, WIDER], SchemaUpdates(), r"Cannot add fields \(field: r\.y\)"),
        ([A, Field(name="b", type="DATE")], SchemaUpdates(), r"Cannot add fields \(field: b\)"),
        (
            [A, Field(name="b", type="DATE", mode="REQUIRED")], SchemaUpdates(may_add=True, checks_modes=True),
            "Cannot add required fields",
        ),
    ],
)  # fmt: skip
def test_error_names_a_refused_update(new: list[Field], updates: SchemaUpdates, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        schema_after(NAME, [A, R], new, updates)


@pytest.mark.parametrize(
    ("new", "updates", "expected"),
    [
        ([R], SchemaUpdates(), (A, R)),
        ([replace(A, name="A")], SchemaUpdates(), (A, R)),
        ([A, WIDER], SchemaUpdates(may_add=True), (A, WIDER)),
        ([replace(A, mode="NULLABLE")], SchemaUpdates(may_relax=True), (replace(A, mode="NULLABLE"), R)),
        ([R], SchemaUpdates(may_relax=True), (replace(A, mode="NULLABLE"), R)),
    ],
)
def test_schema_after_an_allowed_update(new: list[Field], updates: SchemaUpdates, expected: tuple[Field, ...]) -> None:
    assert schema_after(NAME, [A, R], new, updates) == expected
