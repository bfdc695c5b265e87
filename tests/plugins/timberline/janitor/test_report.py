"""What is deleted and what is kept, over all kinds, and how the report tells it."""

from typing import Any

from timberline.janitor.report import combine, render_janitor_report
from timberline.janitor.rules import REASONS, Findings, Leftover, LeftoverKind
from timberline.run.identity import RunIdentity

_CUTOFF_S = 1000.0


def _leftover(kind: LeftoverKind = LeftoverKind.TABLES, run_key: str | None = "run-a", **changes: Any) -> Leftover:
    found: dict[str, Any] = {"name": "it", "newest_s": 5.0, "size_bytes": None, "count": 1, "reason": REASONS[kind]}
    return Leftover(kind=kind, run_key=run_key, **{**found, **changes})


def _all_seen(*found: Findings) -> list[Findings]:
    """Return findings of all kinds: the given ones, and nothing of the others."""
    given = {each.kind for each in found}
    return [*found, *(Findings(kind=kind) for kind in LeftoverKind if kind not in given)]


class TestAllKinds:
    def test_a_run_at_work_in_one_kind_protects_what_it_has_in_another(self) -> None:
        tables = Findings(kind=LeftoverKind.TABLES, leftovers=(_leftover(), _leftover(run_key="run-b")))
        jobs = Findings(kind=LeftoverKind.JOBS, runs_at_work=("run-a",))
        report = combine(_all_seen(tables, jobs))
        assert [each.run_key for each in report.leftovers] == ["run-b"]
        assert [(each.run_key, each.reason) for each in report.kept] == [("run-a", "its run is active")]

    def test_without_jobs_what_belongs_to_runs_is_kept_and_all_else_is_not(self) -> None:
        tables = Findings(kind=LeftoverKind.TABLES, leftovers=(_leftover(),))
        archives = Findings(kind=LeftoverKind.ARCHIVES, leftovers=(_leftover(LeftoverKind.ARCHIVES, None),))
        report = combine(_all_seen(tables, archives, Findings(kind=LeftoverKind.JOBS, problem="403")))
        assert [each.kind for each in report.leftovers] == [LeftoverKind.ARCHIVES]
        assert [each.kind for each in report.kept] == [LeftoverKind.TABLES]

    def test_another_service_that_cannot_be_asked_keeps_nothing(self) -> None:
        tables = Findings(kind=LeftoverKind.TABLES, leftovers=(_leftover(),))
        report = combine(_all_seen(tables, Findings(kind=LeftoverKind.IMAGES, problem="denied")))
        assert [each.kind for each in report.leftovers] == [LeftoverKind.TABLES]
        assert report.problems == {LeftoverKind.IMAGES: "denied"}

    def test_a_kind_whose_look_returned_nothing_is_a_problem(self) -> None:
        found = [each for each in _all_seen() if each.kind is not LeftoverKind.ROWS]
        assert "was not listed" in combine(found).problems[LeftoverKind.ROWS]


class TestReport:
    def test_table_and_document_tell_the_same(self) -> None:
        rows = _leftover(LeftoverKind.ROWS, name="gs://b/runs/run-a/data/", size_bytes=3 * 2**20, count=6)
        found = _all_seen(
            Findings(kind=LeftoverKind.ROWS, leftovers=(rows,)),
            Findings(kind=LeftoverKind.IMAGES, problem="denied"),
        )
        report = combine(found)
        document = report.to_json(RunIdentity("d", "r"), dry_run=True, ttl_hours=72, cutoff_s=_CUTOFF_S)
        assert [Leftover.from_json(each) for each in document["leftovers"]] == [rows]
        assert document["older_than"] == "1970-01-01 00:16:40 UTC"
        table = render_janitor_report(report, "gs://b/janitor/x.json", dry_run=True, cutoff_s=_CUTOFF_S)
        (line,) = [line for line in table.splitlines() if "runs/run-a/data/" in line]
        assert line.split("  ")[0] == "rows"
        assert "(6 objects)" in line
        assert "3 MiB" in line
        assert "left over, last touched before 1970-01-01 00:16:40 UTC: 1 (dry run: nothing is deleted)" in table
        assert "not listed: images: denied" in table
