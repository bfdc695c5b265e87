"""Finds what dead or finished runs left behind, reports it, and deletes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from timberline.janitor.report import combine, render_janitor_report
from timberline.janitor.rules import Findings, Leftover, LeftoverKind, sort_out
from timberline.operators.step import StepOperator
from timberline.run.compat import AirflowSkipException, given
from timberline.run.errors import InputError, LeftoversRemain, ServiceUnavailable, TimberlineError
from timberline.run.identity import RunIdentity
from timberline.run.transience import brief

_STARTED = "{{ dag_run.start_date.isoformat() }}"


class FindLeftoversOperator(StepOperator):
    """Finds left-overs of one kind.

    If the service cannot list the resources, the result says so and the task succeeds: the other kinds are still found,
    and `DeleteLeftoversOperator` fails for this kind at the end.

    Args:
        kind: (templated) a `LeftoverKind`.
        ttl_hours: (templated) the age in hours from which a resource is left over.
        started: (templated) the moment at which ages are measured, as ISO text: the same for all kinds.

    Returns `Findings` in JSON form.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "kind", "ttl_hours", "started")

    def __init__(self, *, kind: str, ttl_hours: float | str, started: str = _STARTED, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.ttl_hours = ttl_hours
        self.started = started

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002  left-overs of all runs count
        """Find the left-overs.

        Raises:
            InputError: `ttl_hours` is not a number from 0.
        """
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        from timberline.hooks.leftovers import leftover_store

        kind = LeftoverKind(self.kind)
        cutoff_s = _cutoff_s(self.started, self.ttl_hours)
        try:
            sightings = leftover_store(kind, self.cloud).sightings()
        except (TimberlineError, GoogleAPIError, GoogleAuthError) as error:
            self.log.error("%s cannot be listed: %s", kind, error)
            return Findings(kind=kind, problem=brief(error)).to_json()
        found = sort_out(kind, sightings, cutoff_s)
        self.log.info("%s: %d found, %d of them left over", kind, len(sightings), len(found.leftovers))
        return found.to_json()


class ReportLeftoversOperator(StepOperator):
    """Writes the report to janitor/<run_key>.json in the bucket (schema: `timberline.janitor.report`), and logs it.

    Args:
        found: (templated) the results of `FindLeftoversOperator`.
        is_dry_run: (templated) whether the reported left-overs stay.
        ttl_hours, started: (templated) as in `FindLeftoversOperator`.

    Returns the report's URI.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "found", "is_dry_run", "ttl_hours", "started")

    def __init__(
        self, *, found: Any, is_dry_run: bool | str, ttl_hours: float | str, started: str = _STARTED, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.found = found
        self.is_dry_run = is_dry_run
        self.ttl_hours = ttl_hours
        self.started = started

    def work(self, run: RunIdentity) -> str:
        """Combine the findings, write the report, and log it.

        Raises:
            InputError: a parameter has an invalid value.
        """
        if not isinstance(self.is_dry_run, bool):
            raise InputError(f"dry_run: expected true or false, found {self.is_dry_run!r}")
        settings = self.cloud.settings
        cutoff_s = _cutoff_s(self.started, self.ttl_hours)
        report = combine([Findings.from_json(each) for each in given(self.found)])
        document = report.to_json(run, dry_run=self.is_dry_run, ttl_hours=float(self.ttl_hours), cutoff_s=cutoff_s)
        uri = f"gs://{settings.bucket}/janitor/{run.run_key}.json"
        self.cloud.storage.write_json(uri, document)
        self.log.info("%s", render_janitor_report(report, uri, dry_run=self.is_dry_run, cutoff_s=cutoff_s))
        return uri


class DeleteLeftoversOperator(StepOperator):
    """Deletes the reported left-overs of one kind. Resources that are gone or were made again are left alone.

    Args:
        kind: (templated) a `LeftoverKind`.
        report_uri: (templated) the result of `ReportLeftoversOperator`; the report of a dry run deletes nothing.

    Returns how many were `removed`, and how many were `gone`.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "kind", "report_uri")

    def __init__(self, *, kind: str, report_uri: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.report_uri = report_uri

    def work(self, run: RunIdentity) -> dict[str, int]:  # noqa: ARG002  the report says what is deleted
        """Delete the left-overs.

        Raises:
            AirflowSkipException: the report is of a dry run.
            LeftoversRemain: the kind could not be listed, or a resource could not be removed.
            ServiceUnavailable: a resource could not be removed, and another try may succeed.
        """
        kind = LeftoverKind(self.kind)
        report = self.cloud.storage.read_json(str(self.report_uri))
        if problem := report["problems"].get(kind):
            raise LeftoversRemain(f"{kind} could not be listed: {problem}")
        if report["dry_run"]:
            raise AirflowSkipException("dry run: nothing is deleted; run with dry_run false to delete what is reported")
        leftovers = [Leftover.from_json(each) for each in report["leftovers"] if each["kind"] == kind]
        return self._remove(kind, leftovers)

    def _remove(self, kind: LeftoverKind, leftovers: Sequence[Leftover]) -> dict[str, int]:
        """Remove the left-overs, and go on after a failure.

        Raises:
            LeftoversRemain: some left-overs could not be removed.
            ServiceUnavailable: some left-overs could not be removed, and another try may succeed.
        """
        from google.api_core.exceptions import GoogleAPIError

        from timberline.hooks.leftovers import leftover_store

        store = leftover_store(kind, self.cloud)
        counts = {"removed": 0, "gone": 0}
        problems: list[tuple[Leftover, Exception]] = []
        for leftover in leftovers:
            try:
                removed = store.remove(leftover)
            except (TimberlineError, GoogleAPIError) as error:
                problems.append((leftover, error))
                continue
            counts["removed" if removed else "gone"] += 1
            self.log.info("%s %s: %s", kind, leftover.name, "removed" if removed else "gone, or made again")
        if problems:
            may_pass = any(isinstance(error, ServiceUnavailable) for _, error in problems)
            raise (ServiceUnavailable if may_pass else LeftoversRemain)(_in_words(kind, len(leftovers), problems))
        return counts


def _in_words(kind: LeftoverKind, count: int, problems: Sequence[tuple[Leftover, Exception]]) -> str:
    lines = [f"{leftover.name}: {brief(error)}" for leftover, error in problems]
    return "\n".join([f"{len(lines)} of {count} {kind} could not be removed; clear this task to try again", *lines])


def _cutoff_s(started: str, ttl_hours: float | str) -> float:
    """Return the moment before which a resource is left over, in seconds since the epoch.

    Raises:
        InputError: `ttl_hours` is not a number from 0.
    """
    try:
        hours = float(ttl_hours)
    except ValueError:
        hours = -1.0
    if hours < 0:
        raise InputError(f"ttl_hours: expected a number of hours from 0, found {ttl_hours!r}")
    return datetime.fromisoformat(str(started)).timestamp() - hours * 3600
