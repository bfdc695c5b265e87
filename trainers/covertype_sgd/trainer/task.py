"""Train one model: load, fit, evaluate, report, save."""

import logging
import sys
from collections.abc import Sequence

from trainer_common.artifacts.saving import Artifacts, save_artifacts
from trainer_common.environment import Environment, read_environment
from trainer_common.evaluation.multiclass import ACCURACY
from trainer_common.failures import run_main
from trainer_common.predictions.sample import choose_rows, sample_document
from trainer_common.reading.labels import require_two_classes
from trainer_common.reading.splits import TEST, TRAIN, VALIDATION, join_splits
from trainer_common.report.document import MetricReport
from trainer_common.report.timing import Timings
from trainer_common.report.tuning import TuningReport

from trainer.arguments import TaskArgs, parse
from trainer.bundle import MODEL_FILE, PICKLE_FILE, ModelArtifact, to_joblib, to_pickle
from trainer.features import TARGET, ArraySplit, read_split
from trainer.model import fit_pipeline
from trainer.places import Places, find_places

_log = logging.getLogger(__name__)


def run(args: TaskArgs, environment: Environment) -> MetricReport:
    """Train one model.

    Args:
        args: The arguments.
        environment: The variables of the training service.

    Returns:
        The content of `metrics.json`. A tuning trial leaves that file and its tuning record. Any other run leaves the
        model artefact too, and `predictions.json` when there are test rows.

    Raises:
        UserError: The rows cannot be read, or a model cannot learn from them.
        StorageError: An artefact cannot be written.
    """
    places = find_places(args.run.job_dir, environment, hptune=args.run.hptune)
    timings = Timings()
    with timings.measure("read"):
        fitted, judged = _load(args)

    with timings.measure("fit", with_cpu=True):
        fit = fit_pipeline(args.params, fitted.rows, fitted.labels, args.run.seed)
    if not fit.converged:
        _log.warning("--max_iter=%d: the loss was still falling after the last pass; more may fit better", fit.n_iter)
    model = ModelArtifact(fit.pipeline)

    with timings.measure("evaluate"):
        metrics = model.evaluate(judged)

    report = MetricReport(
        metrics=metrics,
        timings=timings.seconds,
        parameters=args.params.to_json() | {"seed": args.run.seed},
        train_rows=fitted.size,
    )
    save_artifacts(places.model, _artifacts(args, places, report, model, judged))
    if args.run.hptune:
        value = report.value(ACCURACY, VALIDATION)
        assert value is not None, "accuracy is defined for any rows"
        TuningReport(ACCURACY, fit.n_iter).report_final(value)
    return report


def _load(args: TaskArgs) -> tuple[ArraySplit, ArraySplit]:
    """Return the rows to fit and the rows to judge the model on; without test rows the latter are the former."""
    train = read_split(TRAIN, args.training_dataset_path)
    validation = read_split(VALIDATION, args.validation_dataset_path)
    fitted = train if args.run.hptune else join_splits(TRAIN, train, validation)
    judged = fitted
    if args.run.hptune:
        judged = validation
    elif args.test_dataset_path:
        judged = read_split(TEST, args.test_dataset_path)
    require_two_classes(fitted.labels, TARGET)
    return fitted, judged


def _artifacts(
    args: TaskArgs, places: Places, report: MetricReport, model: ModelArtifact, judged: ArraySplit
) -> Artifacts:
    """Return the files to save: the model in both layouts, and some of its answers about test rows."""
    if args.run.hptune:
        return Artifacts(report=report)
    model_files = {places.model.uri_of(MODEL_FILE): to_joblib(model.pipeline)}
    if places.ai_platform:
        model_files[places.ai_platform.uri_of(PICKLE_FILE)] = to_pickle(model.pipeline)
    predictions = None
    if judged.name == TEST and args.run.predictions:
        chosen = choose_rows(judged.labels, args.run.predictions)
        rows = judged.rows[chosen]
        predictions = sample_document(rows.tolist(), model.predict_rows(rows), judged.labels[chosen])
    return Artifacts(report=report, model_files=model_files, predictions=predictions)


def main(argv: Sequence[str]) -> None:
    """Read the command line, train and print the metrics."""
    report = run(parse(argv), read_environment())
    sys.stdout.write(f"{report.to_text()}\n")


if __name__ == "__main__":
    sys.exit(run_main(main))
