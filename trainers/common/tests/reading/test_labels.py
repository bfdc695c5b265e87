"""Reading the label of each row."""

import numpy as np
import pyarrow as pa
import pytest
from trainer_common.failures import UserError
from trainer_common.reading.labels import (
    read_binary_labels,
    read_class_labels,
    read_targets,
    require_both_classes,
    require_two_classes,
)


@pytest.mark.parametrize("values", [[1, 3], [1.0, 3.0], ["1", "3"]])
def test_the_positive_class_is_compared_in_the_type_of_the_column(values: list[object]) -> None:
    assert read_binary_labels(pa.table({"y": values}), "y", "3").tolist() == [False, True]


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], [False, True], ["0", "1"]])
def test_a_column_of_0_and_1_may_be_of_any_type(values: list[object]) -> None:
    assert read_binary_labels(pa.table({"y": values}), "y", None).tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "positive_class", "message"),
    [
        ([1, 3], None, "expected 0 and 1, found 1, 3; pass --positive_class"),
        (["a", "b"], None, "expected 0 and 1, found a, b"),
        ([1, None], None, "column 'y': 1 of 2 labels are missing"),
        ([1, 3], "fir", "--positive_class: expected a value of column 'y', which holds int64"),
    ],
)
def test_an_invalid_binary_label_is_a_user_error(
    values: list[object], positive_class: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_binary_labels(pa.table({"y": values}), "y", positive_class)


@pytest.mark.parametrize("values", [[1, 7], [1.0, 7.0], ["1", "7"]])
def test_classes_are_whole_numbers_whatever_their_type(values: list[object]) -> None:
    labels = read_class_labels(pa.table({"y": values}), "y")
    assert (labels.tolist(), labels.dtype) == ([1, 7], np.int64)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, None], "column 'y': 1 of 2 labels are missing"),
        ([1.5, 2.0], "column 'y': expected whole numbers, found double"),
        (["fir", "pine"], "column 'y': expected whole numbers, found string"),
    ],
)
def test_an_invalid_class_is_a_user_error(values: list[object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_class_labels(pa.table({"y": values}), "y")


@pytest.mark.parametrize("values", [[1, 7], [1.0, 7.0], ["1", "7.0"]])
def test_targets_are_numbers_whatever_their_type(values: list[object]) -> None:
    targets = read_targets(pa.table({"y": values}), "y")
    assert (targets.tolist(), targets.dtype) == ([1.0, 7.0], np.float64)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.5, None], "column 'y': 1 of 2 labels are missing"),
        ([1.5, float("nan")], "column 'y': 1 of 2 values are not finite"),
        (["far"], "column 'y': expected numbers, found string"),
    ],
)
def test_an_invalid_target_is_a_user_error(values: list[object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_targets(pa.table({"y": values}), "y")


@pytest.mark.parametrize(("labels", "positive"), [([True, True], 2), ([False, False], 0)])
def test_rows_to_fit_need_both_classes(labels: list[bool], positive: int) -> None:
    with pytest.raises(
        UserError, match=f"expected positive and negative rows in --train, found {positive} positive of 2"
    ):
        require_both_classes(np.array(labels), "y", "3")
    require_both_classes(np.array([True, False]), "y", "3")


def test_rows_to_fit_need_two_classes() -> None:
    with pytest.raises(UserError, match=r"expected at least two classes in the rows to fit, found 2 alone \(3 rows\)"):
        require_two_classes(np.array([2, 2, 2]), "y")
    require_two_classes(np.array([2, 3]), "y")
