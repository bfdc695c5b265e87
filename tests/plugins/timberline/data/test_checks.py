"""Whether a table or file can be used as a data set."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from google.cloud.bigquery import SchemaField

from tests.plugins.timberline.fares import FARES
from timberline.data.checks import check_file, check_table
from timberline.data.datasets.data_set import RowFile, RowSource
from timberline.data.identifiers import TableName
from timberline.run.errors import ColumnError

_TABLE = TableName("my-project", "work", "rides")
_TYPES = {"zone": "STRING", "distance_km": "FLOAT", "passengers": "INTEGER", "fare": "NUMERIC"}


def _schema(**changes: str) -> list[Any]:
    return [SchemaField(name, kind) for name, kind in (_TYPES | changes).items()]


def test_a_table_may_have_more_columns() -> None:
    check_table(_schema(note="STRING"), FARES, _TABLE)


def test_a_missing_column_is_named_with_the_nearest() -> None:
    schema = [SchemaField("fares" if field.name == "fare" else field.name, field.field_type) for field in _schema()]
    with pytest.raises(ColumnError, match=r"table my-project.work.rides has no column 'fare' \(nearest: 'fares'\)"):
        check_table(schema, FARES, _TABLE)


def test_the_target_of_a_regression_is_a_number() -> None:
    message = "table my-project.work.rides: column 'fare' is the target of a regression: expected a numeric type"
    with pytest.raises(ColumnError, match=message):
        check_table(_schema(fare="STRING"), FARES, _TABLE)


def test_a_file_is_checked_alike() -> None:
    rows = RowFile(Path("rides.csv.gz"), RowSource.FILE, tuple((_TYPES | {"fare": "BOOLEAN"}).items()), "0" * 16)
    with pytest.raises(ColumnError, match=r"rides.csv.gz: column 'fare' .* found BOOLEAN"):
        check_file(rows, FARES)
    check_file(dataclasses.replace(rows, schema=tuple(_TYPES.items())), FARES)
