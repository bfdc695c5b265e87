"""One query job as its statements see it, and what it comes to."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localgcp.core.http.errors import invalid_argument
from localgcp.services.bigquery.compiler import Change, Query
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field

if TYPE_CHECKING:
    from localgcp.services.bigquery.jobs.child_jobs import ChildJobs
    from localgcp.services.bigquery.scripts.environment import Environment
    from localgcp.services.bigquery.scripts.sessions import Session


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What a query job did.

    Attributes:
        result: the table with its rows, if it has any.
        statistics: `statistics.query`.
        transaction_id: of the transaction that it is a part of.
        is_cached: the result is that of a former job.
    """

    statistics: dict[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    result: TableName | None = None
    bytes_processed: int = 0
    bytes_billed: int = 0
    transaction_id: str = ""
    is_cached: bool = False


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
    environment: "Environment | None" = None
    children: "ChildJobs | None" = None
    session: "Session | None" = None
    is_single: bool = False

    @property
    def byte_limit(self) -> int | None:
        """The bytes that may be billed at most, or None."""
        limit = self.query.get("maximumBytesBilled")
        return int(limit) if limit is not None and int(limit) > 0 else None


def outcome_of(compiled: Query | Change, kind: str) -> Outcome:
    """Return the outcome of a statement, with its cost."""
    return Outcome(
        statistics={"statementType": kind}, bytes_processed=compiled.bytes_processed, bytes_billed=compiled.bytes_billed
    )


def ddl_outcome(kind: str, name: TableName, operation: str, query: Query | None = None) -> Outcome:
    """Return the outcome of a DDL statement: `operation` is CREATE, REPLACE, SKIP or DROP."""
    outcome = outcome_of(query, kind) if query is not None else Outcome(statistics={"statementType": kind})
    outcome.statistics |= {"ddlTargetTable": name.to_json(), "ddlOperationPerformed": operation}
    return outcome


def check_limit(compiled: Query | Change, call: QueryCall) -> None:
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
