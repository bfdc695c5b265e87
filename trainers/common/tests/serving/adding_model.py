"""A model that adds the number in the file `addend` of its folder; `python adding_model.py` serves it."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from trainer_common.failures import UserError, run_main
from trainer_common.predictions.instances import Column, Instance, Kind
from trainer_common.serving.environment import read_serving_environment
from trainer_common.serving.server import serve


class Adder:
    columns = (Column("value", Kind.NUMBER), Column("note", Kind.CATEGORY))

    def __init__(self, addend: float) -> None:
        self._addend = addend

    def predict(self, instances: Sequence[Instance]) -> list[dict[str, object]]:
        if any(instance["note"] == "defect" for instance in instances):
            raise RuntimeError("a secret of the model")
        return [{"sum": float(instance["value"] or 0) + self._addend} for instance in instances]


def load(uri: str) -> Adder:
    text = Path(uri, "addend").read_text()  # on a named pipe this waits until the test has written to it
    if not text.isdigit():
        raise UserError(f"addend: expected a number, found {text!r}")
    return Adder(int(text))


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    sys.exit(run_main(lambda _: serve(load, read_serving_environment())))
