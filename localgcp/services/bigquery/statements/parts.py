"""The parts of BigQuery that all kinds of statements use."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sqlglot import exp

from localgcp.services.bigquery.compiler.compiler import CompiledQuery, Compiler
from localgcp.services.bigquery.jobs.query_cache import QueryCache
from localgcp.services.bigquery.jobs.results import QueryResults
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.query_call import QueryCall, check_limit
from localgcp.services.bigquery.scripts.temporary import TemporaryTables
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.transfer.export import Exporter
from localgcp.services.bigquery.transfer.sink import Sink


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of BigQuery that statements use."""

    catalog: Catalog
    compiler: Compiler
    sink: Sink
    exporter: Exporter
    results: QueryResults
    temporary: TemporaryTables
    cache: QueryCache

    def writing(self, name: TableName, call: QueryCall, *, appends: bool = False) -> AbstractContextManager[None]:
        """Let only one writer at a time change a table. A dry run changes nothing, so it takes no lock.

        Args:
            name: the table.
            call: the job.
            appends: rows are only added.
        """
        return nullcontext() if call.is_dry_run else self.catalog.writing(name, appends=appends)

    def compile(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> CompiledQuery:
        """Compile a query within the limit of its job.

        Raises:
            ApiError: 400 for an invalid query, or one that would be billed too many bytes.
        """
        query = self.compiler.query(statement, scope)
        check_limit(query, call)
        return query
