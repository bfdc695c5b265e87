"""The report of a run in JSON form. Pure; `timberline.report.tables` shows it to people.

`docs/report.md` has the schema. What a segment did not reach is null, and so is a metric that its rows do not define.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from timberline.data.splitting import SPLITS
from timberline.jobs.remote import JobStatus
from timberline.report.results import RunResults
from timberline.report.segment import segment_report
from timberline.run.errors import JobsFailed

SCHEMA_VERSION = 2
"""`docs/report.md` says what version 1 had."""

GENERATED_NOTE = "The rows are generated: figures made from them say nothing about the real data."


def build_report(results: RunResults) -> dict[str, Any]:
    """Return the JSON form."""
    plan, steps = results.plan, results.steps
    segments = [segment_report(results, segment) for segment in plan.segments]
    return {
        "schema_version": SCHEMA_VERSION,
        "run_key": plan.run.run_key,
        "dag_id": plan.run.dag_id,
        "run_id": plan.run.run_id,
        "task": plan.data_set.task.value,
        "segment_label": plan.data_set.segment_label,
        "segments": segments,
        "summary": plan.summary.of(each["test"] for each in segments),
        "classes": dict(plan.data_set.classes),
        "serving": plan.serving,
        "cost_bound_usd": plan.cost_bound_usd,
        "data": {
            "source": steps.load.source,
            "table": steps.load.table,
            "rows": {split: steps.split.rows[split] for split in SPLITS},
            "views": dict(steps.views),
        },
        "timings": {
            "total_s": round(results.total_s, 1),
            "tune_s": _span_s(results.jobs.tuning.values()),
            "train_s": _span_s(results.jobs.training.values()),
        },
    }


def check_success(report: Mapping[str, Any], min_success: int | None) -> None:
    """Check that enough segments succeeded.

    Args:
        report: the report.
        min_success: how many must succeed; None for all.

    Raises:
        JobsFailed: too few succeeded; the message names each failed segment with its reason.
    """
    failed = [each for each in report["segments"] if each["error"]]
    succeeded = len(report["segments"]) - len(failed)
    wanted = len(report["segments"]) if min_success is None else min_success
    if succeeded < wanted:
        lines = [f"{report['segment_label']} {each['segment']}: {each['error']}" for each in failed]
        raise JobsFailed("\n".join([f"{succeeded} of {succeeded + len(failed)} succeeded, expected {wanted}", *lines]))


def _span_s(statuses: Iterable[JobStatus]) -> float | None:
    found = list(statuses)
    begins = [status.created_s for status in found if status.created_s is not None]
    ends = [status.ended_s for status in found if status.ended_s is not None]
    return round(max(ends) - min(begins), 1) if begins and ends else None
