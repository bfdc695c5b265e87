"""Define what a model offers to the prediction server and to the checks of its answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from trainer_common.predictions.instances import Column, Instance


class Predictor(Protocol):
    """A model that answers prediction requests."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of an instance, in order."""

    def predict(self, instances: Sequence[Instance]) -> Sequence[object]:
        """Predict checked instances.

        Args:
            instances: At least one.

        Returns:
            One JSON value for each, in order: an object, or a plain number or text.

        Raises:
            UserError: The model cannot predict them; the message goes to the client.
        """


class CheckedPredictor(Predictor, Protocol):
    """A model whose answers can be compared with those that its trainer recorded."""

    def difference(self, answer: Any, recorded: Mapping[str, Any]) -> str | None:
        """Compare one answer with a recorded prediction.

        Args:
            answer: An element of what `predict` returned.
            recorded: An entry of `predictions` in `predictions.json`.

        Returns:
            What was expected and what was found; None when both agree.

        Raises:
            KeyError, TypeError, ValueError: The entry is not one that this trainer records.
        """
