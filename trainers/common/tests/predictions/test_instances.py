"""The instances of a prediction request."""

import json

import pytest
from trainer_common.failures import UserError
from trainer_common.predictions.instances import Column, Kind, parse_instances

COLUMNS = (Column("Elevation", Kind.NUMBER), Column("Soil_Type", Kind.CATEGORY))
ROW: dict[str, object] = {"Elevation": 2500, "Soil_Type": "C1"}


def parse(*rows: object) -> object:
    return parse_instances(json.dumps({"instances": rows}).encode(), COLUMNS)


def test_numbers_become_floats_and_categories_text() -> None:
    rows = parse(ROW, {"Soil_Type": 7745, "Elevation": -0.5})
    assert rows == [{"Elevation": 2500.0, "Soil_Type": "C1"}, {"Elevation": -0.5, "Soil_Type": "7745"}]
    assert repr(rows).count("2500.0") == 1


def test_null_is_a_missing_value() -> None:
    assert parse({"Elevation": None, "Soil_Type": None}) == [{"Elevation": None, "Soil_Type": None}]


def test_an_instance_may_be_a_list_in_the_order_of_the_columns() -> None:
    assert parse([2500, "C1"], ROW, [None, 7745]) == [
        {"Elevation": 2500.0, "Soil_Type": "C1"},
        {"Elevation": 2500.0, "Soil_Type": "C1"},
        {"Elevation": None, "Soil_Type": "7745"},
    ]


def test_a_model_may_refuse_missing_values() -> None:
    columns = (Column("Elevation", Kind.NUMBER, nullable=False), Column("Soil_Type", Kind.CATEGORY))
    with pytest.raises(UserError, match=r"instances\[0\].Elevation: expected a number, found null"):
        parse_instances(b'{"instances": [[null, null]]}', columns)


def test_empty_parameters_are_what_clients_send() -> None:
    for parameters in ({}, None):
        body = json.dumps({"instances": [ROW], "parameters": parameters}).encode()
        assert len(parse_instances(body, COLUMNS)) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW | {"Elevation": "abc"}, "instances[1].Elevation: expected a number, found 'abc'"),
        (ROW | {"Elevation": "2500"}, "instances[1].Elevation: expected a number, found '2500'"),
        (ROW | {"Elevation": True}, "instances[1].Elevation: expected a number, found true"),
        (ROW | {"Elevation": [1]}, "instances[1].Elevation: expected a number, found [1]"),
        (ROW | {"Elevation": float("nan")}, "instances[1].Elevation: expected a number, found NaN"),
        (ROW | {"Elevation": float("inf")}, "instances[1].Elevation: expected a number, found Infinity"),
        (ROW | {"Elevation": 1e39}, "instances[1].Elevation: expected a number, found 1e+39"),
        (ROW | {"Elevation": 10**400}, f"instances[1].Elevation: expected a number, found 1{'0' * 59}..."),
        (ROW | {"Soil_Type": 1.5}, "instances[1].Soil_Type: expected text or a whole number, found 1.5"),
        (ROW | {"Soil_Type": {}}, "instances[1].Soil_Type: expected text or a whole number, found {}"),
        ({"Elevation": 1}, "instances[1].Soil_Type: missing; expected Elevation, Soil_Type"),
        (
            {"Elevatoin": 1, "Soil_Type": "C1"},
            "instances[1].Elevatoin: no such column (nearest: 'Elevation'); expected Elevation, Soil_Type",
        ),
        (ROW | {"Cover_Type": 3}, "instances[1].Cover_Type: no such column"),
        (7, "instances[1]: expected an object with the columns Elevation, Soil_Type, or a list in that order, found 7"),
        ([2500], "instances[1]: expected 2 values, found 1; the order is Elevation, Soil_Type"),
        ([2500, "C1", 3], "instances[1]: expected 2 values, found 3; the order is Elevation, Soil_Type"),
        (["C1", 2500], "instances[1].Elevation: expected a number, found 'C1'"),
    ],
)
def test_the_message_names_instance_and_field(row: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(ROW, row)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body: expected JSON"),
        (b"\xff", "the body: expected JSON"),
        (b"[" * 100_000, "the body: expected JSON"),
        (b"[]", 'the body: expected an object with "instances"'),
        (b"{}", 'the body: expected an object with "instances"'),
        (b'{"instances": []}', "instances: expected at least one, found an empty list"),
        (b'{"instances": null}', "instances: expected a list of objects or lists, found null"),
        (b'{"instances": {"a": 1}}', 'instances: expected a list of objects or lists, found {"a": 1}'),
        (
            b'{"instances": [1], "parameters": {"threshold": 0.3}}',
            'parameters: this model takes none, found {"threshold": 0.3}',
        ),
    ],
)
def test_a_body_of_another_form_is_a_user_error(body: bytes, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_instances(body, COLUMNS)
    assert str(caught.value).startswith(message)
