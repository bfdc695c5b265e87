"""The entry point: load, fit, evaluate, report, save."""

import sys
from collections.abc import Mapping, Sequence

from trainer_common.artifacts import METRICS_FILE, PREDICTIONS_FILE, ArtifactFolder
from trainer_common.environment import Environment, read_environment
from trainer_common.failures import run_main
from trainer_common.report import MetricReport, TuningReport, open_tuning_report
from trainer_common.timing import Timings

from trainer.arguments import TaskArgs, parse
from trainer.bundle import MODEL_FILE, Bundle
from trainer.features import Encoder
from trainer.inputs import Split, read_split, require_both_classes
from trainer.model import F1_SCORE, VALIDATION, LabelledRows, Watch, fit_booster, positive_weight
from trainer.predictions import sample_predictions
from trainer.progress import ReportRounds
from trainer.scoring import evaluate


def run(args: TaskArgs, environment: Environment) -> MetricReport:
    """Trains one model.

    Args:
        args: What to train, on what.
        environment: What the training service set.

    Returns:
        The metrics, as they stand in `metrics.json`. A tuning trial leaves that file and its tuning records; any other
        run leaves the bundle too, and `predictions.json` when there are test rows.

    Raises:
        UserError: The rows cannot be read or learned from.
    """
    common, timings = args.common, Timings()
    with timings.measure("read"):
        train = read_split("train", common.train, common.target, args.positive_class)
        require_both_classes(train, common.target, args.positive_class)
        judged = [
            read_split(name, locations, common.target, args.positive_class)
            for name, locations in ((VALIDATION, common.validation), ("test", common.test))
            if locations
        ]

    report = None
    if common.validation:
        rounds = args.params.n_estimators
        report = open_tuning_report(F1_SCORE, rounds, hptune=common.hptune, environment=environment)
    with timings.measure("fit", with_cpu=True):
        bundle, encoded = _fit(args, train, judged, report)

    with timings.measure("evaluate"):
        metrics = [
            metric
            for split, rows in encoded.items()
            for metric in evaluate(split, rows.labels, bundle.score(rows.features), bundle.threshold)
        ]
    result = MetricReport(
        metrics=metrics,
        timings=timings.seconds,
        parameters=_used_parameters(args, train),
        train_rows=train.labels.size,
    )
    _save(args, bundle, judged, result)
    if report:
        report.report_final(result.value(F1_SCORE, VALIDATION) or 0.0)
    return result


def _fit(
    args: TaskArgs, train: Split, judged: Sequence[Split], report: TuningReport | None
) -> tuple[Bundle, dict[str, LabelledRows]]:
    """Fits preprocessing and model on the training rows; returns them, and the other splits encoded, by name."""
    encoder = Encoder.fit(train.table)
    encoded = {split.name: split.encode(encoder) for split in judged}
    watch = Watch(encoded[VALIDATION], args.threshold, ReportRounds(report)) if report else None
    booster = fit_booster(
        args.params, encoder, train.encode(encoder), watch, seed=args.common.seed, nthread=args.common.nthread
    )
    bundle = Bundle(
        booster=booster,
        encoder=encoder,
        target=args.common.target,
        positive_class=args.positive_class,
        threshold=args.threshold,
    )
    return bundle, encoded


def _used_parameters(args: TaskArgs, train: Split) -> Mapping[str, object]:
    """Returns what the model was fitted with, the weight resolved to a number."""
    weight = positive_weight(args.params, train.labels)
    return args.params.to_json() | {
        "scale_pos_weight": weight,
        "threshold": args.threshold,
        "seed": args.common.seed,
    }


def _save(args: TaskArgs, bundle: Bundle, judged: Sequence[Split], result: MetricReport) -> None:
    """Writes the artefacts; the metrics last, so that whoever finds them finds the bundle too."""
    folder = ArtifactFolder(args.common.artifact_uri)
    if not args.common.hptune:
        folder.save(MODEL_FILE, bundle.to_bytes())
        for split in judged:
            if split.name == "test" and args.predictions:
                folder.save_json(PREDICTIONS_FILE, sample_predictions(bundle, split, args.predictions))
    folder.save_json(METRICS_FILE, result.to_json())


def main(argv: Sequence[str]) -> None:
    """Reads the command line, runs and prints the metrics."""
    environment = read_environment()
    report = run(parse(argv, environment), environment)
    sys.stdout.write(f"{report.to_text()}\n")


if __name__ == "__main__":
    sys.exit(run_main(main))
