"""Judges a saved bundle on rows of today: `python -m trainer.evaluate`."""

import sys
from collections.abc import Sequence

from trainer_common.artifacts import METRICS_FILE, ArtifactFolder
from trainer_common.environment import artifact_uri, read_environment
from trainer_common.failures import run_main
from trainer_common.report import MetricReport
from trainer_common.task_args import OneLineParser, add_locations_flag, flatten_locations
from trainer_common.timing import Timings

from trainer.bundle import load_bundle
from trainer.inputs import read_split
from trainer.scoring import evaluate


def run(bundle_uri: str, test: Sequence[str], target: str | None, positive_class: str | None) -> MetricReport:
    """Scores rows with a bundle.

    Args:
        bundle_uri: The bundle, or the folder it is in.
        test: Locations of the rows.
        target: The label's column; the one that the model was trained on when None.
        positive_class: Its positive value; the one that the model was trained on when both this and `target` are None.

    Returns:
        The metrics, under the split `test`.

    Raises:
        UserError: The bundle or the rows cannot be read.
    """
    timings = Timings()
    with timings.measure("read"):
        bundle = load_bundle(bundle_uri)
        if target is None and positive_class is None:
            positive_class = bundle.positive_class
        split = read_split("test", test, target or bundle.target, positive_class)
    with timings.measure("evaluate"):
        metrics = evaluate(split.name, split.labels, bundle.predict_proba(split.table), bundle.threshold)
    parameters = {"bundle": bundle_uri, "threshold": bundle.threshold}
    return MetricReport(metrics=metrics, timings=timings.seconds, parameters=parameters, train_rows=None)


def main(argv: Sequence[str]) -> None:
    """Reads the command line, judges, prints the metrics and writes `metrics.json`."""
    parser = OneLineParser("Judge a saved bundle on test rows.")
    parser.add_argument("--bundle", required=True, help="model.ubj, or the folder that holds it")
    add_locations_flag(parser, "test", "rows to judge on", required=True)
    parser.add_argument("--target", help="the label's column; default: the one the model was trained on")
    parser.add_argument("--positive_class", help="its positive value; default: the one the model was trained on")
    parser.add_argument("--job-dir", "--job_dir", help="folder of metrics.json; default: AIP_MODEL_DIR")
    args = parser.parse_args(argv)
    folder = ArtifactFolder(artifact_uri(args.job_dir, read_environment()))
    report = run(args.bundle, flatten_locations("test", args.test), args.target, args.positive_class)
    sys.stdout.write(f"{report.to_text()}\n")
    folder.save_json(METRICS_FILE, report.to_json())


if __name__ == "__main__":
    sys.exit(run_main(main))
