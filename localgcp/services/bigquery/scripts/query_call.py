"""What a statement must know of the query job that runs it."""

from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.compiler.compiler import CompiledChange, CompiledQuery
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.scripts.child_jobs import ChildJobs
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.sessions import QuerySession


@dataclass(kw_only=True, slots=True)
class QueryCall:
    """One run of a query job.

    Attributes:
        project, job_id: the job.
        query: `configuration.query` of the job.
        is_dry_run: only compile: change nothing, and read no row.
        cursor: runs DuckDB statements; None in a dry run.
        environment: the names that the statements of the job share.
        children: adds the jobs of a script's statements.
        session: the session that the job runs in, or None.
        is_single: whether the statement is the whole job, outside of sessions.
    """

    project: str
    job_id: str
    query: dict[str, Any]
    is_dry_run: bool = False
    cursor: Cursor = None
    environment: ScriptEnvironment | None = None
    children: ChildJobs | None = None
    session: QuerySession | None = None
    is_single: bool = False

    @property
    def byte_limit(self) -> int | None:
        """The most bytes that the job may be billed, or None."""
        limit = self.query.get("maximumBytesBilled")
        return int(limit) if limit is not None and int(limit) > 0 else None


def check_limit(compiled: CompiledQuery | CompiledChange, call: QueryCall) -> None:
    """Refuse a statement that would be billed more bytes than its job allows.

    Raises:
        ApiError: 400 with the reason bytesBilledLimitExceeded.
    """
    limit = call.byte_limit
    if limit is not None and compiled.bytes_billed > limit and not call.is_dry_run:
        raise invalid_argument(
            f"Query exceeded limit for bytes billed: {limit}. {compiled.bytes_billed} or higher required.",
            "bytesBilledLimitExceeded",
        )
