"""What one statement of a query job came to."""

from dataclasses import dataclass, field
from typing import Any

from localgcp.services.bigquery.compiler.compiler import CompiledChange, CompiledQuery
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.types.schema import Field


@dataclass(kw_only=True, slots=True)
class StatementOutcome:
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


def outcome_of(compiled: CompiledQuery | CompiledChange, kind: str) -> StatementOutcome:
    """Return the outcome of a statement, with its cost."""
    return StatementOutcome(
        statistics={"statementType": kind}, bytes_processed=compiled.bytes_processed, bytes_billed=compiled.bytes_billed
    )


def ddl_outcome(kind: str, name: TableName, operation: str, query: CompiledQuery | None = None) -> StatementOutcome:
    """Return the outcome of a DDL statement: `operation` is CREATE, REPLACE, SKIP or DROP."""
    outcome = outcome_of(query, kind) if query is not None else StatementOutcome(statistics={"statementType": kind})
    outcome.statistics |= {"ddlTargetTable": name.to_json(), "ddlOperationPerformed": operation}
    return outcome
