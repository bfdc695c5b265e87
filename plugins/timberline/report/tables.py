"""The report of a run as the tables that a person reads at its end. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from timberline.jobs.selection import in_words
from timberline.report.document import GENERATED_NOTE, f1_of
from timberline.run.identity import ALL_SEGMENTS

_TRAINING = ("type", "name", "rows", "trials", "validation", "test F1", "accuracy", "seconds", "best parameters")
_RELEASE = ("type", "version", "decision", "challenger", "champion", "smoke rows", "largest difference", "why")
_PREDICTIONS = ("type", "name", "true class", "predicted", "probability")
_DASH = "-"
_NOTE_LINES = 4


def render_report(report: Mapping[str, Any], report_uri: str) -> str:
    """Return the tables: what was trained, what became of it, what it answers; then the totals."""
    segments = report["segments"]
    released = [_release_row(each) for each in segments if each["decision"]]
    answers = [line for each in segments for line in _prediction_rows(each, report["classes"])]
    parts = [
        *_table(_TRAINING, [_training_row(each) for each in segments]),
        *(["", f"release (serving: {report['serving']})", *_table(_RELEASE, released)] if released else []),
        *(["", "answers of the deployed versions to test rows", *_table(_PREDICTIONS, answers)] if answers else []),
        "",
        *(_note(each) for each in segments if each["error"]),
        *_totals(report),
        f"report: {report_uri}",
    ]
    return "\n".join(["", *parts])


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[place]) for line in (headings, *rows)) for place in range(len(headings))]
    rule = ["-" * width for width in widths]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (headings, rule, *rows)
    ]


def _totals(report: Mapping[str, Any]) -> list[str]:
    rows = ", ".join(f"{split} {count:,}" for split, count in report["data"]["rows"].items())
    minutes, seconds = divmod(round(report["timings"]["total_s"]), 60)
    bound = report["cost_bound_usd"]
    return [
        *([GENERATED_NOTE] if report["data"]["source"] == "generated" else []),
        f"macro F1 on the test split: {_figure(report['macro_f1'])}",
        f"rows: {rows} (source: {report['data']['source']})",
        *([f"cost on Google Cloud: at most {bound:.2f} USD"] if bound is not None else []),
        f"total time: {minutes}:{seconds:02d} min",
    ]


def _note(segment: Mapping[str, Any]) -> str:
    """Return a failed segment's reason, its first lines; the whole is in the report."""
    first, *rest = segment["error"].splitlines()
    lines = [f"failed: {segment['cover_type']} ({segment['name']}): {first}", *rest[: _NOTE_LINES - 1]]
    return "\n  ".join(lines)


def _training_row(segment: Mapping[str, Any]) -> tuple[str, ...]:
    trials, seconds = segment["trials"] or {}, segment["seconds"]
    test = segment["test"] or {}
    spent = [seconds[each] for each in ("tune", "train") if seconds[each] is not None]
    return (
        str(segment["cover_type"]),
        segment["name"],
        f"{sum(segment['rows'].values()):,}",
        f"{trials['succeeded']}/{trials['total']}" if trials else _DASH,
        _figure(next(iter((segment["validation"] or {}).values()), None)),
        _figure(f1_of(test)),
        _figure(test.get("accuracy")),
        f"{sum(spent):.0f}" if spent else _DASH,
        in_words(segment["best_params"]) if segment["best_params"] else _DASH,
    )


def _release_row(segment: Mapping[str, Any]) -> tuple[str, ...]:
    decision, smoke = segment["decision"], segment["smoke"] or {}
    difference = smoke.get("max_abs_difference")
    return (
        str(segment["cover_type"]),
        decision["challenger"]["version"],
        decision["action"].replace("_", " "),
        _figure(decision["challenger"]["value"]),
        _scored(decision["champion"]),
        str(smoke.get("rows", _DASH)),
        _DASH if difference is None else f"{difference:.1e}",
        decision["reason"].splitlines()[0],
    )


def _scored(champion: Mapping[str, Any] | None) -> str:
    return _DASH if champion is None else f"{_figure(champion['value'])} (version {champion['version']})"


def _prediction_rows(segment: Mapping[str, Any], classes: Mapping[str, str]) -> list[tuple[str, ...]]:
    if segment["cover_type"] != ALL_SEGMENTS:
        classes = {"1": segment["name"], "0": f"not {segment['name']}"}
    return [
        (
            str(segment["cover_type"]),
            segment["name"],
            *(_class_name(each[key], classes) for key in ("label", "predicted")),
            f"{each['probability']:.3f}" if "probability" in each else _DASH,
        )
        for each in segment["predictions"]
    ]


def _class_name(value: float, classes: Mapping[str, str]) -> str:
    """Return what a class is called; a figure that is no class, as a regression would answer, stays one."""
    return classes.get(f"{value:.0f}", str(value)) if float(value).is_integer() else str(value)


def _figure(value: float | None) -> str:
    return _DASH if value is None else f"{value:.4f}"
