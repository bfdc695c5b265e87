"""Train one model: load, fit, evaluate, report, save."""

import sys
from collections.abc import Mapping, Sequence

from trainer_common.artifacts.folder import ArtifactFolder, find_folder
from trainer_common.artifacts.saving import Artifacts, save_artifacts
from trainer_common.environment import Environment, read_environment
from trainer_common.evaluation.binary import F1_SCORE
from trainer_common.failures import run_main
from trainer_common.predictions.sample import choose_rows, sample_document
from trainer_common.reading.labels import require_both_classes
from trainer_common.reading.splits import TEST, TRAIN, VALIDATION
from trainer_common.report.document import MetricReport
from trainer_common.report.timing import Timings
from trainer_common.report.tuning import TuningReport, open_tuning_report

from trainer.arguments import TaskArgs, parse
from trainer.bundle import MODEL_FILE, ModelArtifact
from trainer.features import FEATURES, Encoder, FloatMatrix, LabelledRows, TableSplit, read_split
from trainer.model import fit_booster, positive_weight
from trainer.watch import Watch


def run(args: TaskArgs, environment: Environment) -> MetricReport:
    """Train one model.

    Args:
        args: The arguments.
        environment: The variables of the training service.

    Returns:
        The content of `metrics.json`. A tuning trial leaves that file and its tuning records. Any other run leaves the
        model artefact too, and `predictions.json` when there are test rows.

    Raises:
        UserError: The rows cannot be read, or a model cannot learn from them.
        StorageError: An artefact cannot be written.
    """
    folder = find_folder(args.run.job_dir, environment)
    timings = Timings()
    with timings.measure("read"):
        train, judged = _load(args)

    tuning = None
    if VALIDATION in judged:
        rounds = args.params.n_estimators
        tuning = open_tuning_report(F1_SCORE, rounds, hptune=args.run.hptune, environment=environment)

    with timings.measure("fit", with_cpu=True):
        model, encoded = _fit(args, train, judged, tuning)
    with timings.measure("evaluate"):
        metrics = [m for name, split in judged.items() for m in model.evaluate_encoded(split, encoded[name])]

    report = MetricReport(
        metrics=metrics,
        timings=timings.seconds,
        parameters=_used_parameters(args, train),
        train_rows=train.size,
    )
    save_artifacts(folder, _artifacts(args, folder, report, model, judged.get(TEST)))
    if tuning:
        tuning.report_final(report.value(F1_SCORE, VALIDATION) or 0.0)
    return report


def _load(args: TaskArgs) -> tuple[TableSplit, dict[str, TableSplit]]:
    """Return the training rows, and the other splits that were given, by name."""
    train = read_split(TRAIN, args.splits.train, args.target, args.positive_class)
    require_both_classes(train.labels, args.target, args.positive_class)
    others = {VALIDATION: args.splits.validation, TEST: args.splits.test}
    return train, {
        name: read_split(name, locations, args.target, args.positive_class)
        for name, locations in others.items()
        if locations
    }


def _fit(
    args: TaskArgs, train: TableSplit, judged: Mapping[str, TableSplit], tuning: TuningReport | None
) -> tuple[ModelArtifact, dict[str, FloatMatrix]]:
    """Fit preprocessing and booster on the training rows; return the model, and the other splits encoded, by name."""
    encoder = Encoder.fit(train.rows)
    encoded = {name: encoder.transform(split.rows) for name, split in judged.items()}
    watch = None
    if tuning:
        watched = LabelledRows(encoded[VALIDATION], judged[VALIDATION].labels)
        watch = Watch(watched, args.threshold, tuning.report_step)
    rows = LabelledRows(encoder.transform(train.rows), train.labels)
    booster = fit_booster(args.params, encoder, rows, watch, seed=args.run.seed, nthread=args.nthread)
    model = ModelArtifact(
        booster=booster,
        encoder=encoder,
        target=args.target,
        positive_class=args.positive_class,
        threshold=args.threshold,
    )
    return model, encoded


def _used_parameters(args: TaskArgs, train: TableSplit) -> Mapping[str, object]:
    """Return the parameters of the model, with the weight as a number."""
    weight = positive_weight(args.params, train.labels)
    return args.params.to_json() | {"scale_pos_weight": weight, "threshold": args.threshold, "seed": args.run.seed}


def _artifacts(
    args: TaskArgs, folder: ArtifactFolder, report: MetricReport, model: ModelArtifact, test: TableSplit | None
) -> Artifacts:
    """Return the files to save."""
    if args.run.hptune:
        return Artifacts(report=report)
    predictions = None
    if test and args.run.predictions:
        predictions = _sample_predictions(model, test, args.run.predictions)
    return Artifacts(report=report, model_files={folder.uri_of(MODEL_FILE): model.to_bytes()}, predictions=predictions)


def _sample_predictions(model: ModelArtifact, test: TableSplit, count: int) -> dict[str, object]:
    """Return the content of `predictions.json`: up to `count` test rows, and what the model is."""
    chosen = choose_rows(test.labels, count)
    rows = test.rows.take(chosen).select(FEATURES)
    return {
        "target": model.target,
        "positive_class": model.positive_class,
        "threshold": model.threshold,
        **sample_document(rows.to_pylist(), model.predict(rows), test.labels[chosen]),
    }


def main(argv: Sequence[str]) -> None:
    """Read the command line, train and print the metrics."""
    report = run(parse(argv), read_environment())
    sys.stdout.write(f"{report.to_text()}\n")


if __name__ == "__main__":
    sys.exit(run_main(main))
