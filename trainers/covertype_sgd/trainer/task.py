"""The entry point: load, fit, evaluate, report, save."""

import logging
import sys
from collections.abc import Sequence

from trainer_common.artifacts import METRICS_FILE, PREDICTIONS_FILE
from trainer_common.environment import read_environment
from trainer_common.failures import run_main
from trainer_common.report import MetricReport, TuningReport
from trainer_common.timing import Timings

from trainer.arguments import TaskArgs, parse
from trainer.bundle import MODEL_FILE, PICKLE_FILE, to_joblib, to_pickle
from trainer.inputs import Split, join, read_split, require_two_classes
from trainer.model import Fit, Pipeline, fit_pipeline
from trainer.predictions import sample_predictions
from trainer.scoring import ACCURACY, evaluate

_log = logging.getLogger(__name__)


def run(args: TaskArgs) -> MetricReport:
    """Trains one model.

    Args:
        args: What to train, on what.

    Returns:
        The metrics, as they stand in `metrics.json`. A tuning trial leaves that file and its tuning record; any other
        run leaves the model too, and `predictions.json` when there are test rows.

    Raises:
        UserError: The rows cannot be read or learned from.
    """
    timings = Timings()
    with timings.measure("read"):
        fitted, judged = _read(args)
        require_two_classes(fitted)
    with timings.measure("fit", with_cpu=True):
        fit = fit_pipeline(args.params, fitted.rows, fitted.labels, args.seed)
    if not fit.converged:
        _log.warning("--max_iter=%d: the loss was still falling after the last pass; more may fit better", fit.n_iter)
    with timings.measure("evaluate"):
        metrics = evaluate(fit.pipeline, judged)
    result = MetricReport(
        metrics=metrics,
        timings=timings.seconds,
        parameters=args.params.to_json() | {"seed": args.seed},
        train_rows=fitted.labels.size,
    )
    if not args.hptune:
        _save_model(args, fit.pipeline, judged)
    # The metrics last, so that whoever finds them finds the model too.
    args.places.bundle.save_json(METRICS_FILE, result.to_json())
    if args.hptune:
        _report(fit, result)
    return result


def _read(args: TaskArgs) -> tuple[Split, Split]:
    """Reads the rows to fit and the rows to judge the model on; without test rows those are the fitted ones."""
    train, validation = read_split("train", args.training), read_split("validation", args.validation)
    if args.hptune:
        return train, validation
    fitted = join("train", train, validation)
    return fitted, read_split("test", args.test) if args.test else fitted


def _save_model(args: TaskArgs, pipeline: Pipeline, judged: Split) -> None:
    """Writes the model in both layouts, and a sample of its answers."""
    args.places.bundle.save(MODEL_FILE, to_joblib(pipeline))
    if args.places.older:
        args.places.older.save(PICKLE_FILE, to_pickle(pipeline))
    if judged.name == "test" and args.predictions:
        args.places.bundle.save_json(PREDICTIONS_FILE, sample_predictions(pipeline, judged, args.predictions))


def _report(fit: Fit, result: MetricReport) -> None:
    """Tells the tuning service the value that trials are compared by."""
    value = result.value(ACCURACY, "validation")
    assert value is not None
    TuningReport(ACCURACY, fit.n_iter).report_final(value)


def main(argv: Sequence[str]) -> None:
    """Reads the command line, runs and prints the metrics."""
    report = run(parse(argv, read_environment()))
    sys.stdout.write(f"{report.to_text()}\n")


if __name__ == "__main__":
    sys.exit(run_main(main))
