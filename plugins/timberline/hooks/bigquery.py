"""BigQuery jobs under ids of our own, so that a repeated request finds the job that its predecessor started."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.data.identifiers import TableName
from timberline.run.errors import DataError, QueryFailed, ServiceUnavailable
from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import brief, is_transient, retried

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, Table

_log = getLogger(__name__)
_ATTEMPTS = 20
_POLL_TIMEOUT_S = 600.0
_KEEP_TABLES_MS = 30 * 24 * 3600 * 1000
_CALL_TIMEOUT_S = 60.0
_NO_RETRY: Any = None  # `retried` does it, and knows a job that it meets again
_TRANSIENT_REASONS = frozenset(
    {"backendError", "internalError", "rateLimitExceeded", "jobRateLimitExceeded", "jobBackendError"}
)

QueryValue = int | str | Sequence[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """One statement with what it may cost.

    Attributes:
        sql: the statement, its identifiers checked and quoted.
        parameters: values by name, bound and never written into the statement.
        labels: how the job is found in the bill.
        maximum_bytes_billed: the job fails before it costs more.
    """

    sql: str
    parameters: Mapping[str, QueryValue]
    labels: Mapping[str, str]
    maximum_bytes_billed: int


class BigQueryHook:
    """The tables and jobs of one project."""

    def __init__(self, project: str, location: str, connection: Connection) -> None:
        """Args: location: where jobs run; that of the tables they read."""
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
        """Return what BigQuery knows about a table, None where it does not exist."""
        from google.api_core.exceptions import NotFound

        try:
            return retried(lambda: self.client.get_table(str(name), timeout=_CALL_TIMEOUT_S), str(name))
        except NotFound:
            return None

    def existing_table(self, name: TableName) -> "Table":
        """Return what BigQuery knows about a table.

        Raises:
            DataError: it does not exist.
        """
        found = self.table(name)
        if found is None:
            raise DataError(f"table {name} does not exist; check its name, or load it first")
        return found

    def make_dataset(self, dataset: str) -> None:
        """Create a dataset unless it exists; what runs make in it expires after a month."""
        from google.cloud import bigquery

        wanted = bigquery.Dataset(f"{self._project}.{dataset}")
        wanted.location = self._location
        wanted.default_table_expiration_ms = _KEEP_TABLES_MS
        retried(lambda: self.client.create_dataset(wanted, exists_ok=True, timeout=_CALL_TIMEOUT_S), dataset)

    def run(self, job_id: str, query: Query, *, still_there: Callable[[], bool] = lambda: True) -> list[dict[str, Any]]:
        """Run a statement and return its rows, or those of the job that ran it under this id.

        Args:
            job_id: what the job is found again by.
            query: the statement.
            still_there: whether what an earlier job made has not been deleted since.

        Raises:
            QueryFailed: BigQuery refused it, or it failed.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and is found by the next try.
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

        rows = self._ensured(job_id, start, still_there)
        return [dict(row) for row in rows]

    def load_csv(
        self, job_id: str, uri: str, table: TableName, schema: Sequence[tuple[str, str]], labels: Mapping[str, str]
    ) -> None:
        """Load a CSV file with a header line into a table, which it replaces.

        Args:
            job_id: what the job is found again by.
            uri: the file.
            table: the table.
            schema: name and type of each column, in the order of the file.
            labels: how the job is found in the bill.

        Raises:
            QueryFailed: BigQuery refused it, or a row does not fit the schema.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and is found by the next try.
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

        self._ensured(job_id, start, lambda: self.table(table) is not None)

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
            job_id: what the job is found again by.
            table: the table.
            uri: the file, or with a `*` the shards.
            labels: how the job is found in the bill.
            still_there: whether what an earlier job wrote has not been deleted since.

        Raises:
            QueryFailed: BigQuery refused or failed it.
            ServiceUnavailable: BigQuery did not answer in time; the job goes on, and is found by the next try.
        """
        from google.cloud import bigquery

        config: Any = bigquery.ExtractJobConfig(  # type: ignore[no-untyped-call]
            destination_format=bigquery.DestinationFormat.CSV, print_header=True, labels=dict(labels)
        )

        def start(each_id: str) -> Any:
            return self.client.extract_table(
                str(table), uri, job_id=each_id, job_config=config, retry=_NO_RETRY, timeout=_CALL_TIMEOUT_S
            )

        self._ensured(job_id, start, still_there)

    def _ensured(self, job_id: str, start: Callable[[str], Any], still_there: Callable[[], bool]) -> Any:
        """Return the result of a job that is done: an earlier one, else a new one under the next free id."""
        for attempt in range(1, _ATTEMPTS + 1):
            each_id = job_id if attempt == 1 else f"{job_id}_{attempt}"
            job, was_there = self._started_or_found(each_id, start)
            try:
                result = self._result(each_id, job)
            except (QueryFailed, _ResultGone) as error:
                # What failed now will fail again; what failed earlier may have failed for a reason that is gone.
                if not was_there and not _is_passing(job):
                    raise
                _log.info("%s; trying anew", error)
                continue
            if not was_there or still_there():
                return result
            _log.info("job %s is done, but what it made is gone; doing it anew", each_id)
        raise QueryFailed(f"BigQuery job {job_id} failed {_ATTEMPTS} times; see its last attempt {each_id}")

    def _result(self, job_id: str, job: Any) -> Any:
        """Wait for a job, and tell the job's failure from that of the question after it."""
        from google.api_core.exceptions import NotFound

        try:
            rows = job.result(timeout=_POLL_TIMEOUT_S)
            return list(rows) if job.job_type == "query" else rows
        except NotFound as error:
            if job.error_result is None:
                raise _ResultGone(f"the result of job {job_id} has expired") from error
            raise _failure(job_id, error) from error
        except Exception as error:
            if job.error_result is None and is_transient(error):
                raise ServiceUnavailable(f"BigQuery job {job_id}: no answer in time ({brief(error)})") from error
            raise _failure(job_id, error) from error

    def _started_or_found(self, job_id: str, start: Callable[[str], Any]) -> tuple[Any, bool]:
        from google.api_core.exceptions import ClientError, Conflict

        try:
            return retried(lambda: start(job_id), job_id), False
        except Conflict:
            return retried(lambda: self.client.get_job(job_id, timeout=_CALL_TIMEOUT_S), job_id), True
        except ClientError as error:
            raise _failure(job_id, error) from error


class _ResultGone(Exception):
    """The job is done, but BigQuery keeps its rows for a day only."""


def _parameter(name: str, value: QueryValue) -> Any:
    from google.cloud import bigquery

    if isinstance(value, str):
        return bigquery.ScalarQueryParameter(name, "STRING", value)
    if isinstance(value, int):
        return bigquery.ScalarQueryParameter(name, "INT64", value)
    return bigquery.ArrayQueryParameter(name, "INT64", list(value))


def _is_passing(job: Any) -> bool:
    return (job.error_result or {}).get("reason", "") in _TRANSIENT_REASONS


def _failure(job_id: str, error: Exception) -> QueryFailed:
    return QueryFailed(f"BigQuery job {job_id} failed: {getattr(error, 'message', error)}")
