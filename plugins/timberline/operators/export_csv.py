"""Writes the splits of a split table as CSV files with a header line."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from timberline.data.datasets.data_set import DataSet
from timberline.data.identifiers import TableName, parse_table_name
from timberline.data.splitting import SPLITS, TEST, TRAIN, VALIDATION
from timberline.data.statements import read_statement
from timberline.operators.step import StepOperator
from timberline.run.identity import RunIdentity
from timberline.spec.include import include_dir

if TYPE_CHECKING:
    from timberline.hooks.bigquery import BigQueryHook

FOLDERS: Mapping[str, str] = {TRAIN: "training", VALIDATION: "validation", TEST: "testing"}
"""What the folders of the splits are called: `<run>/data/training/dataset.csv` and so on."""

# One extract job writes up to 1 GB into one file, and more into shards:
# https://cloud.google.com/bigquery/docs/exporting-data#limitations
_ONE_FILE_BYTES = 10**9


class ExportCsvOperator(StepOperator):
    """Writes each split to `dataset.csv` in a folder of its own; a split above 1 GB to `dataset-*.csv`.

    Args:
        data_set: the data set that the table has.
        table: (templated) the table that `BigQuerySplitOperator` made.
        location: (templated) where it is.
        maximum_bytes_billed: (templated) limit of each statement.

    Returns:
        The URI of each split's files, by name of the split.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "table", "location", "maximum_bytes_billed")

    def __init__(
        self,
        *,
        data_set: DataSet,
        table: Any,
        location: Any = None,
        maximum_bytes_billed: int = 10 * 2**30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_set = data_set
        self.table = table
        self.location = location
        self.maximum_bytes_billed = maximum_bytes_billed

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Copy and extract each split.

        Raises:
            DataError: the table does not exist any more.
            QueryFailed: BigQuery refused or failed a job.
        """
        settings = self.cloud.settings
        source = parse_table_name(str(self.table), settings.project, settings.dataset)
        hook = self.cloud.at(self.location).bigquery
        made = str(hook.existing_table(source).modified)
        with ThreadPoolExecutor(len(SPLITS)) as pool:  # each only waits for jobs of its own
            uris = pool.map(lambda split: self._export(run, hook, source, split, made), SPLITS)
        return dict(zip(SPLITS, uris, strict=True))

    def _export(self, run: RunIdentity, hook: "BigQueryHook", source: TableName, split: str, made: str) -> str:
        """Return the URI of a split's files. `made` tells this table from a later one of the run."""
        from timberline.hooks.bigquery import Query

        settings = self.cloud.settings
        table = TableName(source.project, source.dataset, run.table_name(f"{self.data_set.name}_{split}"))
        sql = read_statement(
            include_dir() / "sql" / "split" / "copy_split.sql",
            {"split_table": source, "copied_table": table, "run_key": run.run_key},
        )
        labels = run.labels(self.step)
        query = Query(
            sql=sql, parameters={"split": split}, labels=labels, maximum_bytes_billed=int(self.maximum_bytes_billed)
        )
        hook.run(
            run.job_id(f"{self.step}-copy-{split}", f"{sql} {made}"),
            query,
            still_there=lambda: hook.table(table) is not None,
        )
        found = hook.existing_table(table)
        name = "dataset.csv" if (found.num_bytes or 0) <= _ONE_FILE_BYTES else "dataset-*.csv"
        folder = run.data_uri(settings.bucket, FOLDERS[split])
        storage = self.cloud.storage
        job_id = run.job_id(f"{self.step}-{split}", f"{sql} {made} {name}")
        hook.extract_csv(
            job_id, table, f"{folder}/{name}", labels, still_there=lambda: bool(storage.names(f"{folder}/"))
        )
        self.log.info("%s/%s: %s rows", folder, name, f"{found.num_rows or 0:,}")
        return f"{folder}/{name}"
