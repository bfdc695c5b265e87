"""The janitor's report, as JSON and as a table. Pure.

janitor/<run_key>.json:
    run_key, dag_id, run_id       the run of the janitor
    dry_run        whether nothing is deleted
    ttl_hours      the age in hours from which a resource is left over
    older_than     the same limit as a point in time
    leftovers[]    kind, name, run_key (null for resources that outlive runs), newest_s (when it was last made, written
                   or used, in seconds since the epoch), size_bytes (null if the service reports none), count (of
                   objects), reason
    kept[]         old resources that are not deleted, with the same fields; `reason` says why they are kept
    problems       by kind: why the resources could not be listed
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from timberline.janitor.rules import Findings, Leftover, LeftoverKind
from timberline.run.identity import RunIdentity

_HEADINGS = ("kind", "name", "run", "last touched", "size", "why")
_DASH = "-"
_NOT_FOUND = "was not listed; the log of its task says why"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, kw_only=True, slots=True)
class JanitorReport:
    """The left-overs of all kinds. The module's docstring describes the attributes."""

    leftovers: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]
    problems: Mapping[LeftoverKind, str]

    def to_json(self, run: RunIdentity, *, dry_run: bool, ttl_hours: float, cutoff_s: float) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "run_key": run.run_key,
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "dry_run": dry_run,
            "ttl_hours": ttl_hours,
            "older_than": _moment(cutoff_s),
            "leftovers": [asdict(each) for each in self.leftovers],
            "kept": [asdict(each) for each in self.kept],
            "problems": {str(kind): problem for kind, problem in self.problems.items()},
        }


def combine(found: Sequence[Findings]) -> JanitorReport:
    """Combine the findings of all kinds: resources of active runs are kept.

    Jobs are the surest sign of an active run. If jobs could not be listed, the resources of all runs are kept.
    """
    problems = {each.kind: each.problem for each in found if each.problem is not None}
    problems |= {kind: _NOT_FOUND for kind in LeftoverKind if kind not in {each.kind for each in found}}
    at_work = {run_key for each in found for run_key in each.runs_at_work}
    leftovers: list[Leftover] = []
    kept: list[Leftover] = []
    for leftover in (each for findings in found for each in findings.leftovers):
        if leftover.run_key is None:
            leftovers.append(leftover)
        elif LeftoverKind.JOBS in problems:
            kept.append(replace(leftover, reason="its run may be active: jobs could not be listed"))
        elif leftover.run_key in at_work:
            kept.append(replace(leftover, reason="its run is active"))
        else:
            leftovers.append(leftover)
    return JanitorReport(leftovers=tuple(leftovers), kept=tuple(kept), problems=problems)


def render_janitor_report(report: JanitorReport, uri: str, *, dry_run: bool, cutoff_s: float) -> str:
    """Return the table of left-overs, followed by the kept resources and the kinds that could not be listed."""
    rows = [_HEADINGS, *map(_row, report.leftovers)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
    rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    table = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows] if report.leftovers else []
    fate = "dry run: nothing is deleted" if dry_run else "will be deleted"
    lines = [
        *table,
        f"left over, last touched before {_moment(cutoff_s)}: {len(report.leftovers)} ({fate})",
        *(f"kept: {each.kind} {each.name}: {each.reason}" for each in report.kept),
        *(f"not listed: {kind}: {problem}" for kind, problem in report.problems.items()),
        f"report: {uri}",
    ]
    return "\n".join(["", *lines])


def _row(leftover: Leftover) -> tuple[str, str, str, str, str, str]:
    return (
        leftover.kind,
        leftover.name if leftover.count == 1 else f"{leftover.name} ({leftover.count} objects)",
        leftover.run_key or _DASH,
        _moment(leftover.newest_s),
        _size(leftover.size_bytes),
        leftover.reason,
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00") + " UTC"


def _size(size_bytes: int | None) -> str:
    if size_bytes is None:
        return _DASH
    power = min(max(size_bytes.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    return f"{size_bytes / 1024**power:.4g} {_UNITS[power]}"
