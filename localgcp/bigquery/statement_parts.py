"""What the kinds of statements share."""

from dataclasses import dataclass

from sqlglot import exp

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.compiler import Compiler, Query
from localgcp.bigquery.export import Exporter
from localgcp.bigquery.query_cache import QueryCache
from localgcp.bigquery.query_call import QueryCall, check_limit
from localgcp.bigquery.references import Scope
from localgcp.bigquery.results import Results
from localgcp.bigquery.sink import Sink
from localgcp.bigquery.temporary import TemporaryTables


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of BigQuery that statements work with."""

    catalog: Catalog
    compiler: Compiler
    sink: Sink
    exporter: Exporter
    results: Results
    temporary: TemporaryTables
    cache: QueryCache

    def compile(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> Query:
        """Compile a query within the limit of its job.

        Raises:
            ApiError: it is not valid, or would bill too much.
        """
        query = self.compiler.query(statement, scope)
        check_limit(query, call)
        return query
