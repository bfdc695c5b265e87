"""Loads the rows of a data set into BigQuery, unless they are there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.data.checks import check_file, check_table
from timberline.data.datasets.data_set import DataSet, RowFile, RowSource
from timberline.data.identifiers import TableName, parse_table_name
from timberline.data.results import LoadedTable
from timberline.data.statements import read_statement
from timberline.operators.step import StepOperator
from timberline.report.document import GENERATED_NOTE
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings
from timberline.spec.include import include_dir

if TYPE_CHECKING:
    from google.cloud.bigquery import Table

    from timberline.hooks.bigquery import BigQueryHook


class LoadTableOperator(StepOperator):
    """Returns the table that holds the rows of a data set: a given one, or one that is loaded.

    A loaded table is named after the content of its file, so that all runs load the same rows once; an existing table
    is only checked. Rows go from the file to the bucket, and from there into BigQuery by a load job with an explicit
    schema. If the data set has a decode statement, the statement turns them into the columns that models are trained
    on.

    Args:
        data_set: what to load.
        source: (templated) where rows come from: auto, file, published, generated, or table.
        table: (templated) an existing table, `[[project.]dataset.]table`, if and only if the source is `table`.
        maximum_bytes_billed: (templated) limit of each statement.

    Returns:
        A `LoadedTable` in JSON form; each key is an XCom of its own.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "source", "table", "maximum_bytes_billed")

    def __init__(
        self,
        *,
        data_set: DataSet,
        source: str = "auto",
        table: str | None = None,
        maximum_bytes_billed: int = 10 * 2**30,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.data_set = data_set
        self.source = source
        self.table = table
        self.maximum_bytes_billed = maximum_bytes_billed

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Find or load the table.

        Raises:
            DataError: the table does not exist or lacks a column, or the rows cannot be had.
            QueryFailed: BigQuery refused or failed a job.
        """
        settings = self.cloud.settings
        if (self.source == "table") != bool(self.table):
            raise InputError(
                f"source {self.source!r} with table {self.table!r}: give a table exactly with the source 'table'"
            )
        return self._given(settings, str(self.table)) if self.table else self._loaded(run, settings)

    def _given(self, settings: Settings, name: str) -> dict[str, Any]:
        table = parse_table_name(name, settings.project, settings.dataset)
        found = self.cloud.bigquery.existing_table(table)
        check_table(found.schema, self.data_set, table)
        return self._found(found, table, RowSource.TABLE)

    def _loaded(self, run: RunIdentity, settings: Settings) -> dict[str, Any]:
        rows = self.data_set.find_rows(settings, self.source)
        table = TableName(settings.project, settings.dataset, f"{self.data_set.name}_{rows.digest}")
        hook = self.cloud.bigquery
        if hook.table(table) is None:
            self._load(run, settings, hook, rows, table)
        if rows.source is RowSource.GENERATED:
            self.log.info("%s", GENERATED_NOTE)
        return self._found(hook.existing_table(table), table, rows.source)

    def _found(self, found: "Table", table: TableName, source: RowSource) -> dict[str, Any]:
        self.log.info("table %s: %s rows (%s)", table, f"{found.num_rows or 0:,}", source)
        return LoadedTable(
            table=str(table), source=source.value, rows=found.num_rows or 0, location=found.location or ""
        ).to_json()

    def _load(
        self, run: RunIdentity, settings: Settings, hook: "BigQueryHook", rows: RowFile, table: TableName
    ) -> None:
        from timberline.hooks.bigquery import Query

        uri = f"gs://{settings.bucket}/data/{table.table}.csv.gz"
        self.cloud.storage.upload_once(uri, rows.path)
        hook.make_dataset(settings.dataset)
        labels = run.labels(self.step)
        statement = self.data_set.decode_statement
        if statement is None:
            check_file(rows, self.data_set)
            hook.load_csv(run.job_id(self.step, f"{uri} {table}"), uri, table, rows.schema, labels)
            return
        loaded = TableName(table.project, table.dataset, f"{table.table}_loaded")
        hook.load_csv(run.job_id(self.step, f"{uri} {loaded}"), uri, loaded, rows.schema, labels)
        path = include_dir() / "sql" / self.data_set.name / statement
        sql = read_statement(path, {"loaded_table": loaded, "decoded_table": table})
        query = Query(sql=sql, parameters={}, labels=labels, maximum_bytes_billed=int(self.maximum_bytes_billed))
        hook.run(run.job_id(f"{self.step}-decode", sql), query, still_there=lambda: hook.table(table) is not None)
