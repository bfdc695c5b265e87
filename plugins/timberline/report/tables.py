"""The report of a run as the tables that people read at its end. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from timberline.data.datasets.data_set import Task
from timberline.evaluation.metrics import metric_key
from timberline.jobs.selection import in_words
from timberline.report.document import GENERATED_NOTE
from timberline.run.identity import ALL_SEGMENTS

_DASH = "-"
_NOTE_LINES = 4
_SHOWN_METRICS = 2

Report = Mapping[str, Any]
Row = dict[str, str | None]


def render_report(report: Report, report_uri: str) -> str:
    """Return the tables: the training, the release, the predictions; then the totals."""
    segments = report["segments"]
    released = [_release_row(report, each) for each in segments if each["decision"]]
    predictions = [row for each in segments for row in _prediction_rows(report, each)]
    parts = [
        *_table(_training_row(report, each) for each in segments),
        *(["", f"release (serving: {report['serving']})", *_table(released)] if released else []),
        *(["", "predictions of the deployed versions for test rows", *_table(predictions)] if predictions else []),
        "",
        *(_note(each) for each in segments if each["error"]),
        *_totals(report),
        f"report: {report_uri}",
    ]
    return "\n".join(["", *parts])


def _table(rows: Iterable[Row]) -> list[str]:
    """Return headings, a rule and the rows, as narrow as they can be: a terminal wraps longer lines."""
    found = list(rows)
    if not found:
        return []
    lines = [tuple(found[0]), *(tuple(cell or _DASH for cell in row.values()) for row in found)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _totals(report: Report) -> list[str]:
    data, summary, bound = report["data"], report["summary"], report["cost_bound_usd"]
    minutes, seconds = divmod(round(report["timings"]["total_s"]), 60)
    return [
        *([GENERATED_NOTE] if data["source"] == "generated" else []),
        *(["no tuning: trained with the job file's default parameters"] if _is_untuned(report) else []),
        f"{summary['title']} on the test split: {_figure(summary['value']) or _DASH}",
        f"rows: {', '.join(f'{split} {count:,}' for split, count in data['rows'].items())} (source: {data['source']})",
        *_views(data["views"]),
        *([f"cost on Google Cloud: at most {bound:.2f} USD"] if bound is not None else []),
        f"total time: {minutes}:{seconds:02d} min",
    ]


def _is_untuned(report: Report) -> bool:
    counted = [each["trials"]["total"] for each in report["segments"] if each["trials"]]
    return bool(counted) and not any(counted)


def _views(views: Mapping[str, str]) -> list[str]:
    if not views:
        return []
    names = sorted(views.values())
    return [f"data set of each segment, for queries: {names[0]}" + (f" to\n  {names[-1]}" if len(names) > 1 else "")]


def _note(segment: Mapping[str, Any]) -> str:
    """Return the first lines of a failed segment's reason; the report has all of them."""
    first, *rest = segment["error"].splitlines()
    lines = [f"failed: {_full_name(segment)}: {first}", *rest[: _NOTE_LINES - 1]]
    return "\n  ".join(lines)


def _training_row(report: Report, segment: Mapping[str, Any]) -> Row:
    trials, test, seconds = segment["trials"] or {}, segment["test"] or {}, segment["seconds"]
    spent = [seconds[each] for each in ("tune", "train") if seconds[each] is not None]
    return {
        **_names(report, segment),
        "rows": f"{sum(segment['rows'].values()):,}",
        "trials": f"{trials['succeeded']}/{trials['total']}" if trials else None,
        "validation": _figure((segment["validation"] or {}).get("value")),
        **{f"test {key}": _figure(test.get(key)) for key in _shown_metrics(report)},
        "seconds": f"{sum(spent):.0f}" if spent else None,
        "best parameters": in_words(segment["best_params"]) if segment["best_params"] else None,
    }


def _shown_metrics(report: Report) -> list[str]:
    """Return the test metrics of the table: the summary's, the gate's, then others in the trainer's order."""
    gate = [metric_key(each["metric"]["name"]) for each in report["segments"] if each["metric"]]
    others = [key for each in report["segments"] for key in each["test"] or {} if key != "rows"]
    return list(dict.fromkeys([report["summary"]["metric"], *gate, *others]))[:_SHOWN_METRICS]


def _release_row(report: Report, segment: Mapping[str, Any]) -> Row:
    decision, smoke = segment["decision"], segment["smoke"] or {}
    champion, difference = decision["champion"], smoke.get("max_abs_difference")
    return {
        report["segment_label"]: segment["segment"],
        "version": decision["challenger"]["version"],
        "decision": decision["action"].replace("_", " "),
        "metric": decision["metric"]["name"],
        "challenger": _figure(decision["challenger"]["value"]),
        "champion": f"{_figure(champion['value']) or _DASH} (version {champion['version']})" if champion else None,
        "smoke rows": str(smoke["rows"]) if smoke else None,
        "largest difference": None if difference is None else f"{difference:.1e}",
        "why": decision["reason"].splitlines()[0],
    }


def _prediction_rows(report: Report, segment: Mapping[str, Any]) -> list[Row]:
    classes = report["classes"]
    if report["task"] == Task.BINARY_PER_SEGMENT and segment["segment"] != ALL_SEGMENTS:
        classes = {"1": segment["name"], "0": f"not {segment['name']}"}
    return [
        {
            **_names(report, segment),
            "true": _class_name(each["label"], classes),
            "predicted": _class_name(each["predicted"], classes),
            "probability": f"{each['probability']:.3f}" if "probability" in each else None,
        }
        for each in segment["predictions"]
    ]


def _names(report: Report, segment: Mapping[str, Any]) -> Row:
    """Return the columns that name a segment; one column if segments have no names of their own."""
    named = any(each["name"] != each["segment"] for each in report["segments"])
    return {report["segment_label"]: segment["segment"], **({"name": segment["name"]} if named else {})}


def _full_name(segment: Mapping[str, Any]) -> str:
    name = segment["name"]
    return segment["segment"] if name == segment["segment"] else f"{segment['segment']} ({name})"


def _class_name(value: float | str, classes: Mapping[str, str]) -> str:
    """Return what a class is called; a value that is not a class, such as a regression's, is shown as it is."""
    if isinstance(value, str):
        return classes.get(value, value)
    return classes.get(f"{value:.0f}", str(value)) if float(value).is_integer() else str(value)


def _figure(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
