"""From a row to the instance that is sent, and to what stands in the output."""

from typing import Any

import pytest

from localgcp.services.vertex.batch_predictions.instances import InstanceForm

ROW = {"id": 7, "x": 1, "y": 2}


def form(instances_format: str = "jsonl", **config: Any) -> InstanceForm:
    return InstanceForm.from_json(config, instances_format)


@pytest.mark.parametrize(
    ("config", "instance"),
    [
        ({}, {"id": 7, "x": 1, "y": 2}),
        ({"instanceType": "array"}, [7, 1, 2]),
        ({"includedFields": ["y", "x"], "instanceType": "array"}, [2, 1]),
        ({"excludedFields": ["id"]}, {"x": 1, "y": 2}),
        ({"keyField": "id", "instanceType": "array"}, [1, 2]),
    ],
)
def test_instance_has_the_chosen_fields_of_an_object(config: dict[str, Any], instance: Any) -> None:
    assert form(**config).row(ROW).instance == instance


def test_rows_of_bigquery_are_arrays_by_default() -> None:
    assert form("bigquery").row(ROW).instance == [7, 1, 2]
    assert form("bigquery", instanceType="object").row(ROW).instance == ROW


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        ({"instanceType": "array"}, {"instance": [7, 1, 2]}),
        ({"includedFields": ["x"]}, {"instance": ROW}),
        ({"keyField": "id"}, {"key": 7}),
    ],
)
def test_output_shows_the_instance_the_row_or_the_key(config: dict[str, Any], shown: dict[str, Any]) -> None:
    chosen = form(**config)
    assert chosen.shown(chosen.row(ROW)) == shown


def test_missing_field_is_a_problem_of_the_row() -> None:
    assert "no field z" in form(includedFields=["z"]).row(ROW).problem


def test_fields_cannot_be_chosen_from_an_array() -> None:
    assert "not an object" in form(excludedFields=["x"]).row([1, 2]).problem
