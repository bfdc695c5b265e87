"""Brings the rows of a data set into BigQuery, unless they are there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.data.columns import check_columns
from timberline.data.datasets.data_set import DataSet, RowFile, RowSource
from timberline.data.identifiers import TableName, parse_table_name
from timberline.data.statements import read_statement
from timberline.operators.step import StepOperator
from timberline.report.document import GENERATED_NOTE
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings
from timberline.spec.include import include_dir

if TYPE_CHECKING:
    from timberline.hooks.bigquery import BigQueryHook


class LoadTableOperator(StepOperator):
    """Returns the table that holds the rows of a data set: a given one, or one that is loaded.

    A loaded table is named after the content of its file, so that the same rows are loaded once, whatever run asks for
    them; an existing table is only checked. Rows go from the file to the bucket, from there by a load job with an
    explicit schema into BigQuery, where a statement turns them into the columns that models are trained on.

    Args:
        data_set: what to load.
        source: (templated) where rows come from: auto, file, published, generated, or table.
        table: (templated) an existing table, `[[project.]dataset.]table`; given exactly with the source `table`.
        maximum_bytes_billed: (templated) limit of each statement.

    Returns, each under a key of its own: `table`, `source`, `rows`, `location`.
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
        check_columns([field.name for field in found.schema], self.data_set.columns, f"table {table}")
        self.log.info("table %s: %s rows", table, f"{found.num_rows or 0:,}")
        return {"table": str(table), "source": "table", "rows": found.num_rows, "location": found.location}

    def _loaded(self, run: RunIdentity, settings: Settings) -> dict[str, Any]:
        rows = self.data_set.find_rows(settings, self.source)
        table = TableName(settings.project, settings.dataset, f"{self.data_set.name}_{rows.digest}")
        hook = self.cloud.bigquery
        if hook.table(table) is None:
            self._load(run, settings, hook, rows, table)
        found = hook.existing_table(table)
        if rows.source is RowSource.GENERATED:
            self.log.info("%s", GENERATED_NOTE)
        self.log.info("table %s: %s rows (%s)", table, f"{found.num_rows or 0:,}", rows.source)
        return {"table": str(table), "source": str(rows.source), "rows": found.num_rows, "location": found.location}

    def _load(
        self, run: RunIdentity, settings: Settings, hook: "BigQueryHook", rows: RowFile, table: TableName
    ) -> None:
        from timberline.hooks.bigquery import Query

        uri = f"gs://{settings.bucket}/data/{table.table}.csv.gz"
        self.cloud.storage.upload_once(uri, rows.path)
        hook.make_dataset(settings.dataset)
        loaded = TableName(table.project, table.dataset, f"{table.table}_loaded")
        labels = run.labels(self.step)
        schema = [(name, "INTEGER") for name in rows.columns]
        hook.load_csv(run.job_id(self.step, f"{uri} {loaded}"), uri, loaded, schema, labels)
        path = include_dir() / "sql" / self.data_set.name / self.data_set.decode_statement
        sql = read_statement(path, {"loaded_table": loaded, "decoded_table": table})
        query = Query(sql=sql, parameters={}, labels=labels, maximum_bytes_billed=int(self.maximum_bytes_billed))
        hook.run(run.job_id(f"{self.step}-decode", sql), query, still_there=lambda: hook.table(table) is not None)
