"""One query job as its statements see it."""

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
    """One query job as the statements see it.

    Attributes:
        query: its `configuration.query`.
        is_dry_run: nothing is changed, and no row is read.
        environment: what the statements of a script share.
        children: where the jobs of a script's statements are kept.
        session: the one that the job runs in.
        is_single: the statement is the whole job, outside of sessions.
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
        """The bytes that may be billed at most, or None."""
        limit = self.query.get("maximumBytesBilled")
        return int(limit) if limit is not None and int(limit) > 0 else None


def check_limit(compiled: CompiledQuery | CompiledChange, call: QueryCall) -> None:
    """Refuse a statement that would bill more than its job allows.

    Raises:
        ApiError: 400, reason bytesBilledLimitExceeded.
    """
    limit = call.byte_limit
    if limit is not None and compiled.bytes_billed > limit and not call.is_dry_run:
        raise invalid_argument(
            f"Query exceeded limit for bytes billed: {limit}. {compiled.bytes_billed} or higher required.",
            "bytesBilledLimitExceeded",
        )
