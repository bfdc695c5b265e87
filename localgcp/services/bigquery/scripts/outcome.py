"""The outcome of a statement: its result, cost and statistics."""

from dataclasses import dataclass, field
from typing import Any

from localgcp.services.bigquery.compiler.compiler import CompiledChange, CompiledQuery
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field


@dataclass(kw_only=True, slots=True)
class StatementOutcome:
    """The outcome of one statement, or of a script's last one.

    Attributes:
        statistics: `statistics.query` of the job.
        fields: the schema of the rows; empty for a statement without rows.
        result: the table with the rows, or None.
        bytes_processed, bytes_billed: the cost by BigQuery's rules.
        transaction_id: the transaction that the statement was a part of, or empty.
        is_cached: whether the result is that of an earlier job.
    """

    statistics: dict[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    result: TableName | None = None
    bytes_processed: int = 0
    bytes_billed: int = 0
    transaction_id: str = ""
    is_cached: bool = False


def outcome_of(compiled: CompiledQuery | CompiledChange, kind: str) -> StatementOutcome:
    """Return the outcome of a statement of a kind such as SELECT, with its cost."""
    return StatementOutcome(
        statistics={"statementType": kind}, bytes_processed=compiled.bytes_processed, bytes_billed=compiled.bytes_billed
    )


def ddl_outcome(kind: str, name: TableName, operation: str, query: CompiledQuery | None = None) -> StatementOutcome:
    """Return the outcome of a DDL statement.

    Args:
        kind: the `statementType`, such as CREATE_TABLE.
        name: the table or view.
        operation: the `ddlOperationPerformed`: CREATE, REPLACE, ALTER, SKIP or DROP.
        query: the query of a CREATE TABLE AS, for the cost.
    """
    outcome = outcome_of(query, kind) if query is not None else StatementOutcome(statistics={"statementType": kind})
    outcome.statistics |= {"ddlTargetTable": name.to_json(), "ddlOperationPerformed": operation}
    return outcome
