"""The report of a run: its JSON form, and the table that a person reads at the end. Pure.

report.json:
    run_key, dag_id, run_id
    segments[]     cover_type, name, rows {train, validation, test} (of this class),
                   trials {total, succeeded, infeasible, stopped}, best_trial, best_params {name: value},
                   validation {f1}, test {f1, accuracy, precision, recall, roc_auc, pr_auc, log_loss, rows},
                   seconds {tune, train}, model_uri, error (null where it succeeded)
    macro_f1       the mean of the segments' test F1; null where no segment succeeded
    data           source (file, published, generated, table), table, rows {train, validation, test}
    timings        total_s, and tune_s, train_s: from the first submission of the step to the end of its last job

What a failed segment did not reach is null. Metrics that the rows do not define are null.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.errors import JobsFailed
from timberline.identity import RunIdentity
from timberline.remote import JobStatus
from timberline.selection import in_words
from timberline.splitting import LOTS

GENERATED_NOTE = "The rows are generated: figures made from them say nothing about the real data."
_HEADINGS = ("type", "name", "rows", "trials", "val. F1", "test F1", "accuracy", "seconds", "best parameters")
_DASH = "-"
_NOTE_LINES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResults:
    """What the steps of a run returned.

    Attributes:
        run: the run.
        segments: all segments of the run, as text.
        names: what each segment is called.
        load: the result of `LoadTableOperator`.
        split: the result of `BigQuerySplitOperator`.
        best: the results of `PickBestParametersOperator`.
        evaluations: the result of `EvaluateOperator`.
        tuning, training: the jobs of the two steps, by segment.
        finished_trials: how many trials of each segment ran to their end.
        total_s: seconds since the run began.
    """

    run: RunIdentity
    segments: Sequence[str]
    names: Mapping[str, str]
    load: Mapping[str, Any]
    split: Mapping[str, Any]
    best: Sequence[Mapping[str, Any]]
    evaluations: Sequence[Mapping[str, Any]]
    tuning: Mapping[str, JobStatus]
    training: Mapping[str, JobStatus]
    finished_trials: Mapping[str, int]
    total_s: float


def build_report(results: RunResults) -> dict[str, Any]:
    """Return the JSON form."""
    segments = [_segment(results, segment) for segment in results.segments]
    scores = [each["test"]["f1"] for each in segments if each["test"] and each["test"]["f1"] is not None]
    return {
        "run_key": results.run.run_key,
        "dag_id": results.run.dag_id,
        "run_id": results.run.run_id,
        "segments": segments,
        "macro_f1": sum(scores) / len(scores) if scores else None,
        "data": {
            "source": results.load["source"],
            "table": results.load["table"],
            "rows": {lot: results.split["rows"][lot] for lot in LOTS},
        },
        "timings": {
            "total_s": round(results.total_s, 1),
            "tune_s": _span_s(results.tuning.values()),
            "train_s": _span_s(results.training.values()),
        },
    }


def check_success(report: Mapping[str, Any], min_success: int | None, *, noun: str) -> None:
    """Check that enough segments succeeded.

    Raises:
        JobsFailed: they did not; the message names each failed one with its reason.
    """
    failed = [each for each in report["segments"] if each["error"]]
    succeeded = len(report["segments"]) - len(failed)
    wanted = len(report["segments"]) if min_success is None else min_success
    if succeeded < wanted:
        lines = [f"{noun} {each['cover_type']}: {each['error']}" for each in failed]
        raise JobsFailed("\n".join([f"{succeeded} of {succeeded + len(failed)} succeeded, expected {wanted}", *lines]))


def render_table(report: Mapping[str, Any], report_uri: str) -> str:
    """Return the table: a line per segment, then the totals; generated rows are called so."""
    body = [_row(each) for each in report["segments"]]
    widths = [max(len(line[place]) for line in [_HEADINGS, *body]) for place in range(len(_HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [_HEADINGS, *body]
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    rows = ", ".join(f"{lot} {count:,}" for lot, count in report["data"]["rows"].items())
    minutes, seconds = divmod(round(report["timings"]["total_s"]), 60)
    notes = [_note(each) for each in report["segments"] if each["error"]]
    totals = [
        f"macro F1 on the test lot: {_figure(report['macro_f1'])}",
        f"rows: {rows} (source: {report['data']['source']})",
        f"total time: {minutes}:{seconds:02d} min",
        f"report: {report_uri}",
    ]
    if report["data"]["source"] == "generated":
        totals.insert(0, GENERATED_NOTE)
    return "\n".join(["", *lines, "", *notes, *totals])


def _note(segment: Mapping[str, Any]) -> str:
    """Return a failed segment's reason, its first lines; the whole is in the report."""
    first, *rest = segment["error"].splitlines()
    lines = [f"failed: {segment['cover_type']} ({segment['name']}): {first}", *rest[: _NOTE_LINES - 1]]
    return "\n  ".join(lines)


def _segment(results: RunResults, segment: str) -> dict[str, Any]:
    best = next((each for each in results.best if each["segment"] == segment), None)
    evaluation = next((each for each in results.evaluations if each["segment"] == segment), None)
    tuning, training = results.tuning.get(segment), results.training.get(segment)
    return {
        "cover_type": int(segment),
        "name": results.names[segment],
        "rows": dict(results.split["segment_rows"].get(segment, {})),
        "trials": _trials(tuning, results.finished_trials.get(segment)),
        "best_trial": best["trial"] if best else None,
        "best_params": dict(best["parameters"]) if best else None,
        "validation": {"f1": best["value"]} if best else None,
        "test": dict(evaluation["metrics"]) if evaluation else None,
        "seconds": {
            "tune": _rounded(tuning.seconds if tuning else None),
            "train": _rounded(training.seconds if training else None),
        },
        "model_uri": evaluation["model_uri"] if evaluation else None,
        "error": None if evaluation else _error(tuning, training),
    }


def _trials(tuning: JobStatus | None, finished: int | None) -> dict[str, int | None] | None:
    """Count trials by their end; one that the service stopped succeeds all the same, but leaves no metrics behind."""
    if tuning is None or tuning.study is None:
        return None
    counts = tuning.study.counts()
    stopped = None if finished is None else max(0, counts["succeeded"] - finished)
    return {**counts, "stopped": stopped}


def _error(tuning: JobStatus | None, training: JobStatus | None) -> str:
    for status in (training, tuning):
        if status is not None and status.problem:
            return status.problem
    return "not submitted" if tuning is None else "not finished"


def _span_s(statuses: Iterable[JobStatus]) -> float | None:
    found = list(statuses)
    begins = [status.created_s for status in found if status.created_s is not None]
    ends = [status.ended_s for status in found if status.ended_s is not None]
    return round(max(ends) - min(begins), 1) if begins and ends else None


def _row(segment: Mapping[str, Any]) -> tuple[str, ...]:
    trials, seconds = segment["trials"] or {}, segment["seconds"]
    test = segment["test"] or {}
    spent = [seconds[each] for each in ("tune", "train") if seconds[each] is not None]
    return (
        str(segment["cover_type"]),
        segment["name"],
        f"{sum(segment['rows'].values()):,}",
        f"{trials['succeeded']}/{trials['total']}" if trials else _DASH,
        _figure((segment["validation"] or {}).get("f1")),
        _figure(test.get("f1")),
        _figure(test.get("accuracy")),
        f"{sum(spent):.0f}" if spent else _DASH,
        in_words(segment["best_params"]) if segment["best_params"] else _DASH,
    )


def _figure(value: float | None) -> str:
    return _DASH if value is None else f"{value:.4f}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
