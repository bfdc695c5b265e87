"""The clauses of CREATE statements, converted to settings of the REST API."""

from typing import Any

import pytest
from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.statements.ddl import export_options, settings_of
from localgcp.services.bigquery.types.declarations import fields_of


def settings(clauses: str) -> dict[str, Any]:
    (statement,) = parse(f"CREATE TABLE d.t (x INT64, day DATE, moment TIMESTAMP) {clauses}")
    assert isinstance(statement, exp.Create)
    return settings_of(statement)


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ("", {}),
        ("PARTITION BY day", {"timePartitioning": {"type": "DAY", "field": "day"}}),
        ("PARTITION BY DATE(moment)", {"timePartitioning": {"type": "DAY", "field": "moment"}}),
        ("PARTITION BY TIMESTAMP_TRUNC(moment, HOUR)", {"timePartitioning": {"type": "HOUR", "field": "moment"}}),
        ("PARTITION BY DATE_TRUNC(day, MONTH)", {"timePartitioning": {"type": "MONTH", "field": "day"}}),
        ("PARTITION BY _PARTITIONDATE", {"timePartitioning": {"type": "DAY"}}),
        (
            "PARTITION BY RANGE_BUCKET(x, GENERATE_ARRAY(0, 100, 10))",
            {"rangePartitioning": {"field": "x", "range": {"start": "0", "end": "100", "interval": "10"}}},
        ),
        ("CLUSTER BY x, day", {"clustering": {"fields": ["x", "day"]}}),
        (
            "OPTIONS (description = 'a table', friendly_name = 'T')",
            {"description": "a table", "friendlyName": "T"},
        ),
        ("OPTIONS (labels = [('team', 'ml'), ('run', '1')])", {"labels": {"team": "ml", "run": "1"}}),
        (
            "OPTIONS (expiration_timestamp = TIMESTAMP '1970-01-02 00:00:00+00')",
            {"expirationTime": "86400000"},
        ),
        ("OPTIONS (expiration_timestamp = TIMESTAMP '1970-01-02 00:00:00 UTC')", {"expirationTime": "86400000"}),
        (
            "PARTITION BY day OPTIONS (partition_expiration_days = 2, require_partition_filter = TRUE)",
            {
                "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "172800000"},
                "requirePartitionFilter": True,
            },
        ),
        ("OPTIONS (require_partition_filter = FALSE)", {"requirePartitionFilter": False}),
    ],
)
def test_clause_becomes_a_setting(clauses: str, expected: dict[str, Any]) -> None:
    assert settings(clauses) == expected


@pytest.mark.parametrize(
    ("clauses", "message"),
    [
        ("OPTIONS (colour = 'red')", "Unknown option: colour"),
        ("OPTIONS (expiration_timestamp = CURRENT_TIMESTAMP())", "TIMESTAMP literal"),
        ("PARTITION BY DATE_TRUNC(day, QUARTER)", "PARTITION BY expression"),
    ],
)
def test_error_names_an_unsupported_clause(clauses: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        settings(clauses)
    assert caught.value.code == 400


def test_columns_keep_type_mode_and_description() -> None:
    (statement,) = parse(
        "CREATE TABLE d.t (a STRING(10) NOT NULL OPTIONS (description = 'the key'), b ARRAY<FLOAT64>,"
        " c STRUCT<d NUMERIC(5, 2), e ARRAY<STRUCT<f BOOL>>>)"
    )
    fields = [field.to_json() for field in fields_of(statement.this)]
    inner = {"name": "f", "type": "BOOLEAN", "mode": "NULLABLE"}
    assert fields == [
        {"name": "a", "type": "STRING", "mode": "REQUIRED", "maxLength": "10", "description": "the key"},
        {"name": "b", "type": "FLOAT", "mode": "REPEATED"},
        {
            "name": "c", "type": "RECORD", "mode": "NULLABLE",
            "fields": [
                {"name": "d", "type": "NUMERIC", "mode": "NULLABLE", "precision": "5", "scale": "2"},
                {"name": "e", "type": "RECORD", "mode": "REPEATED", "fields": [inner]},
            ],
        },
    ]  # fmt: skip


def test_error_names_the_column_of_an_unsupported_type() -> None:
    (statement,) = parse("CREATE TABLE d.t (place GEOGRAPHY)")
    with pytest.raises(ApiError, match=r"GEOGRAPHY.*place"):
        fields_of(statement.this)


def test_options_of_an_export_have_python_values() -> None:
    (statement,) = parse(
        "EXPORT DATA OPTIONS (uri = 'gs://b/x-*.csv', format = 'CSV', overwrite = true, header = false) AS SELECT 1"
    )
    assert isinstance(statement, exp.Export)
    assert export_options(statement) == {
        "uri": "gs://b/x-*.csv", "format": "CSV", "overwrite": True, "header": False,
    }  # fmt: skip
