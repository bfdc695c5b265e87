"""A whole trainer of a regression model, made of the shared parts: least squares on two columns.

`python linear_trainer.py` serves a model.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from trainer_common.artifacts.folder import find_folder
from trainer_common.artifacts.saving import Artifacts, save_artifacts
from trainer_common.environment import Environment
from trainer_common.evaluation.regression import regression_metrics
from trainer_common.failures import run_main
from trainer_common.flags.arguments import flag, parse_arguments
from trainer_common.flags.shared import RunFlags, SplitFlags
from trainer_common.predictions.differences import value_difference
from trainer_common.predictions.instances import Column, Instance, instance_columns
from trainer_common.predictions.sample import sample_document
from trainer_common.reading.columns import FeatureColumns
from trainer_common.reading.labels import Targets, read_targets
from trainer_common.reading.splits import TEST, TRAIN, Split, SplitReader
from trainer_common.report.document import MetricReport
from trainer_common.report.metric import Metric
from trainer_common.serving.server import serve_model
from trainer_common.storage.filesystem import read_bytes

COLUMNS = FeatureColumns(numeric=("km", "hour"))
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    splits: SplitFlags
    run: RunFlags
    target: str = flag("the column to predict")


@dataclass(frozen=True, slots=True)
class LinearModel:
    target: str
    weights: list[float]

    columns: tuple[Column, ...] = instance_columns(COLUMNS, nullable=False)

    @property
    def question(self) -> str:
        return self.target

    def read_split(self, name: str, locations: Sequence[str]) -> Split[Matrix, Targets]:
        return read_split(name, locations, self.target)

    def evaluate(self, split: Split[Matrix, Targets]) -> list[Metric]:
        return regression_metrics(split.name, split.labels, split.rows @ self.weights)

    def predict(self, instances: Sequence[Instance]) -> list[float]:
        return [float(np.dot([float(row[name] or 0) for name in COLUMNS.names], self.weights)) for row in instances]

    def difference(self, answer: float, recorded: Mapping[str, Any]) -> str | None:
        return value_difference(answer, float(recorded["predicted"]))


def read_split(name: str, locations: Sequence[str], target: str) -> Split[Matrix, Targets]:
    reader: SplitReader[Matrix, Targets] = SplitReader(
        columns=(*COLUMNS.names, target),
        to_rows=lambda table: np.column_stack([table[column].to_numpy() for column in COLUMNS.names]).astype(float),
        to_labels=lambda table: read_targets(table, target),
    )
    return reader.read(name, locations)


def load_model(uri: str) -> LinearModel:
    return LinearModel(**json.loads(read_bytes(f"{uri}/model.json")))


def train(argv: Sequence[str], environment: Environment) -> None:
    args = parse_arguments(TaskArgs, argv, "Fit a line.")
    folder = find_folder(args.run.job_dir, environment)
    fitted = read_split(TRAIN, args.splits.train, args.target)
    test = read_split(TEST, args.splits.test, args.target)
    model = LinearModel(args.target, np.linalg.lstsq(fitted.rows, fitted.labels, rcond=None)[0].tolist())
    report = MetricReport(metrics=model.evaluate(test), timings={}, parameters={}, train_rows=fitted.size)
    rows, count = test.rows.tolist()[: args.run.predictions], args.run.predictions
    answers = model.predict([dict(zip(COLUMNS.names, row, strict=True)) for row in rows])
    content = json.dumps({"target": model.target, "weights": model.weights}).encode()
    predictions = sample_document(rows, answers, test.labels[:count])
    files = {folder.uri_of("model.json"): content}
    save_artifacts(folder, Artifacts(report=report, model_files=files, predictions=predictions))


if __name__ == "__main__":
    sys.exit(run_main(partial(serve_model, load=load_model)))
