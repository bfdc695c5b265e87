"""BigQuery: tables, and jobs with ids that the caller chooses, so that a retry finds the job of the try before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.data.identifiers import TableName
from timberline.hooks.bigquery_jobs import ensured_result
from timberline.run.errors import DataError
from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import retried

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, Table

_log = getLogger(__name__)
_KEEP_TABLES_MS = 30 * 24 * 3600 * 1000
_CALL_TIMEOUT_S = 60.0
_NO_RETRY: Any = None  # `retried` tries again, and recognises a job that exists

QueryValue = int | str | Sequence[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """One statement with its limit of cost.

    Attributes:
        sql: the statement, with checked and quoted identifiers.
        parameters: the values of the statement's parameters by name.
        labels: the labels of the job, which the bill shows.
        maximum_bytes_billed: the job fails before it bills more bytes.
    """

    sql: str
    parameters: Mapping[str, QueryValue]
    labels: Mapping[str, str]
    maximum_bytes_billed: int


class BigQueryHook:
    """The tables and jobs of one project."""

    def __init__(self, project: str, location: str, connection: Connection) -> None:
        """Args: location: where jobs run; it must be the location of the tables that they read."""
        self._project = project
        self._location = location
        self._connection = connection

    @cached_property
    def client(self) -> "Client":
        """Google's client."""
        from google.cloud import bigquery

        target = endpoint(Service.BIGQUERY, self._location, self._connection)
        return bigquery.Client(
            project=self._project,
            credentials=target.credentials,
            location=self._location,
            client_options=target.client_options or None,
        )

    def table(self, name: TableName) -> "Table | None":
        """Return a table, or None if it does not exist."""
        from google.api_core.exceptions import NotFound

        try:
            return retried(lambda: self.client.get_table(str(name), timeout=_CALL_TIMEOUT_S), str(name))
        except NotFound:
            return None

    def existing_table(self, name: TableName) -> "Table":
        """Return a table.

        Raises:
            DataError: the table does not exist.
        """
        found = self.table(name)
        if found is None:
            raise DataError(f"table {name} does not exist; check its name, or load it first")
        return found

    def make_dataset(self, dataset: str) -> None:
        """Create a dataset unless it exists; its tables expire after a month."""
        from google.cloud import bigquery

        wanted = bigquery.Dataset(f"{self._project}.{dataset}")
        wanted.location = self._location
        wanted.default_table_expiration_ms = _KEEP_TABLES_MS
        retried(lambda: self.client.create_dataset(wanted, exists_ok=True, timeout=_CALL_TIMEOUT_S), dataset)

    def run(self, job_id: str, query: Query, *, still_there: Callable[[], bool] = lambda: True) -> list[dict[str, Any]]:
        """Run a statement and return its rows, or the rows of an earlier job with this id.

        Args:
            job_id: the id of the job, by which a retry finds it.
            query: the statement.
            still_there: returns whether the result of an earlier job still exists.

        Raises:
            QueryFailed: BigQuery refused the statement, or the job failed.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and the next try finds it.
        """
        from google.cloud import bigquery

        config = bigquery.QueryJobConfig(
            query_parameters=[_parameter(name, value) for name, value in query.parameters.items()],
            labels=dict(query.labels),
            maximum_bytes_billed=query.maximum_bytes_billed,
            use_legacy_sql=False,
        )

        def start(each_id: str) -> Any:
            return self.client.query(
                query.sql,
                job_config=config,
                job_id=each_id,
                retry=_NO_RETRY,
                job_retry=_NO_RETRY,
                timeout=_CALL_TIMEOUT_S,
            )

        rows = ensured_result(self.client, job_id, start, still_there)
        return [dict(row) for row in rows]

    def load_csv(
        self, job_id: str, uri: str, table: TableName, schema: Sequence[tuple[str, str]], labels: Mapping[str, str]
    ) -> None:
        """Replace a table by the rows of a CSV file with a header line.

        Args:
            job_id: the id of the job, by which a retry finds it.
            uri: the file.
            table: the table.
            schema: name and type of each column, in the order of the file.
            labels: the labels of the job, which the bill shows.

        Raises:
            QueryFailed: BigQuery refused the job, or a row does not fit the schema.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and the next try finds it.
        """
        from google.cloud import bigquery

        config = bigquery.LoadJobConfig(
            schema=[bigquery.SchemaField(name, kind) for name, kind in schema],
            source_format=bigquery.SourceFormat.CSV,
            skip_leading_rows=1,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            labels=dict(labels),
        )

        def start(each_id: str) -> Any:
            return self.client.load_table_from_uri(
                uri, str(table), job_id=each_id, job_config=config, retry=_NO_RETRY, timeout=_CALL_TIMEOUT_S
            )

        ensured_result(self.client, job_id, start, lambda: self.table(table) is not None)

    def extract_csv(
        self,
        job_id: str,
        table: TableName,
        uri: str,
        labels: Mapping[str, str],
        *,
        still_there: Callable[[], bool] = lambda: True,
    ) -> None:
        """Write a table as CSV with a header line.

        Args:
            job_id: the id of the job, by which a retry finds it.
            table: the table.
            uri: the file; with a `*`, the shards.
            labels: the labels of the job, which the bill shows.
            still_there: returns whether the files of an earlier job still exist.

        Raises:
            QueryFailed: BigQuery refused or failed the job.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and the next try finds it.
        """
        from google.cloud import bigquery

        config: Any = bigquery.ExtractJobConfig(  # type: ignore[no-untyped-call]
            destination_format=bigquery.DestinationFormat.CSV, print_header=True, labels=dict(labels)
        )

        def start(each_id: str) -> Any:
            return self.client.extract_table(
                str(table), uri, job_id=each_id, job_config=config, retry=_NO_RETRY, timeout=_CALL_TIMEOUT_S
            )

        ensured_result(self.client, job_id, start, still_there)


def _parameter(name: str, value: QueryValue) -> Any:
    from google.cloud import bigquery

    if isinstance(value, str):
        return bigquery.ScalarQueryParameter(name, "STRING", value)
    if isinstance(value, int):
        return bigquery.ScalarQueryParameter(name, "INT64", value)
    return bigquery.ArrayQueryParameter(name, "INT64", list(value))
