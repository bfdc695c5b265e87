"""The entry point: load, fit, evaluate, report, save."""

import sys
from collections.abc import Sequence

from trainer_common.artifacts import METRICS_FILE, PREDICTIONS_FILE, ArtifactFolder
from trainer_common.environment import Environment, read_environment
from trainer_common.failures import run_main
from trainer_common.report import MetricReport, open_tuning_report
from trainer_common.timing import Timings

from trainer.arguments import TaskArgs, parse
from trainer.bundle import MODEL_FILE, Bundle
from trainer.evaluation import evaluate
from trainer.features import Encoder
from trainer.inputs import read_split, require_both_classes
from trainer.model import F1_SCORE, VALIDATION, Watch, fit_booster, positive_weight
from trainer.predictions import sample_predictions
from trainer.progress import ReportRounds


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
    common, params, timings = args.common, args.params, Timings()
    label = (common.target, args.positive_class)

    with timings.measure("read"):
        train = read_split("train", common.train, *label)
        require_both_classes(train, *label)
        judged = [
            read_split(name, locations, *label)
            for name, locations in ((VALIDATION, common.validation), ("test", common.test))
            if locations
        ]

    report = open_tuning_report(F1_SCORE, params.n_estimators, hptune=common.hptune, environment=environment)
    with timings.measure("fit", with_cpu=True):
        encoder = Encoder.fit(train.table)
        encoded = {split.name: split.encode(encoder) for split in judged}
        watch = None
        if report and VALIDATION in encoded:
            watch = Watch(encoded[VALIDATION], args.threshold, ReportRounds(report))
        weight = positive_weight(params, train.labels)
        fit = train.encode(encoder)
        booster = fit_booster(params, weight, encoder, fit, watch, seed=common.seed, nthread=common.nthread)
    bundle = Bundle(
        booster=booster,
        encoder=encoder,
        target=common.target,
        positive_class=args.positive_class,
        threshold=args.threshold,
    )

    with timings.measure("evaluate"):
        metrics = [
            metric
            for split, rows in encoded.items()
            for metric in evaluate(split, rows.labels, bundle.score(rows.features), args.threshold)
        ]
    result = MetricReport(
        metrics=metrics,
        timings=timings.seconds,
        parameters=params.to_json() | {"scale_pos_weight": weight, "threshold": args.threshold, "seed": common.seed},
        train_rows=train.labels.size,
    )

    folder = ArtifactFolder(common.artifact_uri)
    if not common.hptune:
        folder.save(MODEL_FILE, bundle.to_bytes())
        for split in judged:
            if split.name == "test" and args.predictions:
                folder.save_json(PREDICTIONS_FILE, sample_predictions(bundle, split, args.predictions))
    folder.save_json(METRICS_FILE, result.to_json())
    if report and watch:
        report.report_final(result.value(F1_SCORE, VALIDATION) or 0.0)
    return result


def main(argv: Sequence[str]) -> None:
    """Reads the command line and runs."""
    environment = read_environment()
    print(run(parse(argv, environment), environment).to_text())


if __name__ == "__main__":
    sys.exit(run_main(main))
