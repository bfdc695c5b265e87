"""The jobs of a script's statements, listed under the job of the script."""

from dataclasses import replace
from hashlib import sha1
from typing import Any

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.jobs.jobs import JobQueue
from localgcp.services.bigquery.jobs.resources import DONE, Job, error_result
from localgcp.services.bigquery.parsing.tree import SourceSpan
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.resources import schema_json


class ChildJobs:
    """Adds the jobs of one script's statements to the job queue."""

    def __init__(self, jobs: JobQueue, parent: Job) -> None:
        self._jobs = jobs
        self._parent = parent
        self.count = 0

    @property
    def is_cancelled(self) -> bool:
        """Whether the script was cancelled, or the server stops."""
        return self._jobs.is_over(self._parent)

    def next_id(self) -> str:
        """Return the id of the next statement's job."""
        digest = sha1(self._parent.job_id.encode(), usedforsecurity=False).hexdigest()[:24]
        return f"script_job_{digest}_{self.count}"

    def add(self, place: SourceSpan, started_ms: int, result: StatementOutcome | ApiError) -> None:
        """Store the job of a statement that has ended.

        Args:
            place: the statement.
            started_ms: when it began, in milliseconds since 1970.
            result: its outcome, or the error that it failed with.
        """
        query = {key: value for key, value in self._parent.configuration["query"].items() if key != "destinationTable"}
        job = replace(
            self._parent,
            job_id=self.next_id(),
            request_id="",
            configuration={"query": {**query, "query": place.text}},
            statistics={},
            state=DONE,
            created_ms=started_ms,
            started_ms=started_ms,
            ended_ms=now_ms(),
        )
        job = (
            with_outcome(job, result)
            if isinstance(result, StatementOutcome)
            else replace(job, error=error_result(result))
        )
        self.count += 1
        self._jobs.add_done(replace(job, statistics={**job.statistics, **self._statistics(place)}))

    def with_child_count(self, job: Job) -> Job:
        """Return the script's job with the number of its statements' jobs."""
        return replace(job, statistics={**job.statistics, "numChildJobs": str(self.count)}) if self.count else job

    def _statistics(self, place: SourceSpan) -> dict[str, Any]:
        frame = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
            "text": place.text,
        }
        session = self._parent.statistics.get("sessionInfo")
        return {
            **({"sessionInfo": session} if session else {}),
            "parentJobId": self._parent.job_id,
            "scriptStatistics": {"evaluationKind": "STATEMENT", "stackFrames": [frame]},
        }


def with_outcome(job: Job, outcome: StatementOutcome) -> Job:
    """Return a query job with the outcome of its statement."""
    processed, charged = str(outcome.bytes_processed), str(outcome.bytes_billed)
    query = {
        **outcome.statistics,
        "totalBytesProcessed": processed,
        "totalBytesBilled": charged,
        "cacheHit": outcome.is_cached,
        "billingTier": 1,
        **({"schema": schema_json(outcome.fields)} if outcome.fields else {}),
    }
    part_of = {"transactionInfo": {"transactionId": outcome.transaction_id}} if outcome.transaction_id else {}
    configuration = job.configuration
    if outcome.result is not None:
        configuration = {
            **configuration,
            "query": {**configuration["query"], "destinationTable": outcome.result.to_json()},
        }
    return replace(
        job,
        configuration=configuration,
        statistics={**job.statistics, **part_of, "query": query, "totalBytesProcessed": processed},
        result_fields=[field.to_json() for field in outcome.fields],
    )
