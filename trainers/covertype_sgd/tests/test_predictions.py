"""Rules of the sample of test rows."""

import numpy as np
import numpy.typing as npt
import pytest
from trainer.inputs import Split
from trainer.predictions import sample_predictions


class Sevens:
    def predict(self, rows: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        return np.full(len(rows), 7)


def sample(labels: list[int], count: int) -> dict[str, object]:
    rows = np.array([[float(place), "Cache"] for place in range(len(labels))], dtype=object)
    return sample_predictions(Sevens(), Split("test", rows, np.array(labels)), count)


def test_instances_are_lists_and_predictions_are_classes() -> None:
    assert sample([3, 1], 5) == {
        "instances": [[0.0, "Cache"], [1.0, "Cache"]],
        "predictions": [{"predicted": 7, "label": 3}, {"predicted": 7, "label": 1}],
    }


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, [0]), (3, [0, 3, 5]), (5, [0, 1, 3, 4, 5]), (6, [0, 1, 2, 3, 4, 5]), (9, list(range(7)))]
)
def test_classes_take_turns_and_rows_keep_their_order(count: int, chosen: list[int]) -> None:
    instances = sample([1, 1, 1, 2, 2, 3, 1], count)["instances"]
    assert [int(row[0]) for row in instances] == chosen  # type: ignore[attr-defined]
