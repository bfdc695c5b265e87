"""One collection of jobs as an API shows it: read, listed with a filter, deleted."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import failed_precondition
from localgcp.core.conventions.listing import newest_first
from localgcp.processes.jobs.records import Job, StoredJobs


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCollection:
    """The jobs of one collection in all projects and locations.

    Attributes:
        name: the collection in resource names, for example `customJobs`.
        message: the name of the message, for example `CustomJob`.
        records: the stored jobs, perhaps of other collections too.
        filter_fields: the fields that a list filter may name, in camelCase.
        label: the word for such a resource in error messages.
        shown: returns a stored job as the API shows it.
    """

    name: str
    message: str
    records: StoredJobs
    filter_fields: Collection[str]
    label: str = "job"
    shown: Callable[[Job], Job] = lambda job: job

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            ApiError: 404.
        """
        return self.shown(self.records.job(name))

    def page(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the jobs of a location, newest first, and the token of the next page.

        Args:
            query: `filter`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 400 for a filter or a token that is not well formed.
        """
        jobs = self.records.jobs(f"{parent}/{self.name}/")
        return newest_first(self.name, jobs, query, fields=self.filter_fields, shown=self.shown)

    def delete(self, name: str) -> None:
        """Delete a job that has ended.

        Raises:
            ApiError: 404; 400 for a job that has not ended.
        """
        with self.records.lock:
            if not self.records.has_ended(name):
                raise failed_precondition(
                    f"The {self.label} {name} is in state {self.records.job(name)['state']}. Cancel it, wait until it"
                    " has ended, and delete it then."
                )
            self.records.remove(name)
