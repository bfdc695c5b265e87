"""Splits a table repeatably, checks the split, and writes each split as Parquet."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from timberline.data.checks import check_table
from timberline.data.datasets.data_set import DataSet
from timberline.data.identifiers import TableName, column_name, parse_table_name
from timberline.data.results import SplitTable
from timberline.data.splits import SplitCount, check_splits, rows_per_group, rows_per_split
from timberline.data.splitting import SPLITS, SplitScheme, split_scheme
from timberline.data.statements import read_statement
from timberline.operators.step import StepOperator
from timberline.run.identity import RunIdentity
from timberline.spec.include import include_dir

if TYPE_CHECKING:
    from timberline.hooks.bigquery import BigQueryHook, Query


class BigQuerySplitOperator(StepOperator):
    """Assigns each row of a table to train, validation or test, in one repeatable statement.

    A second statement counts rows and overlap, and a wrong split fails the run. Then each split is exported once, as
    Parquet shards that all segments read.

    Args:
        data_set: the data set that the table has.
        table: (templated) the table to split.
        scheme: (templated) a split scheme, by name or in full.
        key_columns: (templated) the columns whose values decide; None for the whole row.
        segments: (templated) the run's segments: every split must have rows of each. With `all`, every split must have
            rows of each class.
        location: (templated) where the table is.
        maximum_bytes_billed: (templated) limit of each statement.
        export: write the Parquet shards; if False, another step exports the table.

    Returns:
        A `SplitTable` in JSON form; each key is an XCom of its own.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields,
        "table", "scheme", "key_columns", "segments", "location", "maximum_bytes_billed",
    )  # fmt: skip

    def __init__(
        self,
        *,
        data_set: DataSet,
        table: Any,
        segments: Any,
        scheme: Any = "80_10_10",
        key_columns: Sequence[str] | None = None,
        location: Any = None,
        maximum_bytes_billed: int = 10 * 2**30,
        export: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.export = export
        self.data_set = data_set
        self.table = table
        self.segments = segments
        self.scheme = scheme
        self.key_columns = key_columns
        self.location = location
        self.maximum_bytes_billed = maximum_bytes_billed

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Split the table, check the split, and export it.

        Raises:
            DataError: the table is missing, lacks a column, or has rows that cannot be split as asked.
            QueryFailed: BigQuery refused or failed a statement.
        """
        settings = self.cloud.settings
        scheme = split_scheme(self.scheme)
        source = parse_table_name(str(self.table), settings.project, settings.dataset)
        target = TableName(settings.project, settings.dataset, run.table_name(f"{self.data_set.name}_split"))
        hook = self.cloud.at(self.location).bigquery
        check_table(hook.existing_table(source).schema, self.data_set, source)
        hook.make_dataset(settings.dataset)
        self._split(run, hook, scheme, source, target)
        counts = self._check(run, hook, source, target)
        uris = {split: run.data_uri(settings.bucket, split) for split in SPLITS} if self.export else {}
        if uris:
            self._export(run, hook, target, uris)
        return SplitTable(
            table=str(target), rows=rows_per_split(counts), segment_rows=rows_per_group(counts), uris=uris
        ).to_json()

    def _split(
        self, run: RunIdentity, hook: "BigQueryHook", scheme: SplitScheme, source: TableName, target: TableName
    ) -> None:
        parameters: dict[str, Any] = {}
        for name, split in scheme.splits.items():
            parameters |= {f"{name}_modulus": split.modulus, f"{name}_residues": split.residues}
        names: dict[str, TableName | str] = {
            "source_table": source, "split_table": target, "key": self._key(), "run_key": run.run_key,
        }  # fmt: skip
        query = self._query(run, "split_rows.sql", names, parameters)
        job_id = run.job_id(self.step, f"{query.sql} {sorted(parameters.items())}")
        hook.run(job_id, query, still_there=lambda: hook.table(target) is not None)
        self.log.info("split %s by the scheme %s into %s", source, scheme.name, target)

    def _check(self, run: RunIdentity, hook: "BigQueryHook", source: TableName, target: TableName) -> list[SplitCount]:
        groups = self.data_set.groups([str(segment) for segment in self.segments])
        names: dict[str, TableName | str] = {
            "split_table": target, "group_column": column_name(groups.column) if groups.column else "",
        }  # fmt: skip
        query = self._query(run, "check_split.sql", names, {})
        rows = hook.run(run.job_id(f"{self.step}-check", self._content(query)), query)
        counts = [SplitCount(row["split"], row["group_name"], row["row_count"], row["shared_count"]) for row in rows]
        check_splits(counts, groups, str(source))
        self.log.info("rows: %s", ", ".join(f"{split} {rows:,}" for split, rows in rows_per_split(counts).items()))
        return counts

    def _export(self, run: RunIdentity, hook: "BigQueryHook", table: TableName, uris: dict[str, str]) -> None:
        """Export all splits at the same time: each is a job of its own, which this process only waits for."""
        storage = self.cloud.storage

        def export(split: str) -> None:
            query = self._query(
                run, "export_split.sql", {"split_table": table, "split_uri": uris[split]}, {"split": split}
            )
            job_id = run.job_id(f"{self.step}-export-{split}", self._content(query))
            hook.run(job_id, query, still_there=lambda: bool(storage.names(f"{uris[split]}/")))

        with ThreadPoolExecutor(len(SPLITS)) as pool:
            list(pool.map(export, SPLITS))
        self.log.info("splits are at %s", run.data_uri(self.cloud.settings.bucket, "{" + ",".join(SPLITS) + "}"))

    def _content(self, query: "Query") -> str:
        """Return the content that the result of a statement on the split table depends on."""
        return f"{query.sql} {self._key()} {split_scheme(self.scheme)} {self.table}"

    def _query(
        self, run: RunIdentity, file: str, names: dict[str, TableName | str], parameters: dict[str, Any]
    ) -> "Query":
        from timberline.hooks.bigquery import Query

        return Query(
            sql=read_statement(include_dir() / "sql" / "split" / file, names),
            parameters=parameters,
            labels=run.labels(self.step),
            maximum_bytes_billed=int(self.maximum_bytes_billed),
        )

    def _key(self) -> str:
        if not self.key_columns:
            return "TO_JSON_STRING(source)"
        return f"TO_JSON_STRING(STRUCT({', '.join(f'source.`{column_name(name)}`' for name in self.key_columns)}))"
