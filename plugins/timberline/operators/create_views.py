"""Creates the data set of each segment as a view of the split table, for people who query it."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from timberline.data.datasets.data_set import DataSet, Task
from timberline.data.identifiers import TableName, column_name, parse_table_name
from timberline.data.statements import read_statement
from timberline.operators.step import StepOperator
from timberline.run.compat import given
from timberline.run.identity import ALL_SEGMENTS, RunIdentity, label_value
from timberline.spec.include import include_dir

_STATEMENT = "split/label_segment.sql"
_THREADS = 8
_MAXIMUM_BYTES = 10 * 2**20  # the least that BigQuery bills; a view scans nothing


class CreateViewsOperator(StepOperator):
    """Creates one view per segment: the split rows, with `label` 1 for the segment and 0 for all others.

    The jobs do not read the views; their trainer makes the same label itself. Views scan nothing and store nothing. The
    janitor removes them with the split table of their run.

    Args:
        data_set: what the table holds; `target` is the column that tells the segments apart.
        table: (templated) the table that `BigQuerySplitOperator` made.
        segments: (templated) the run's segments.
        location: (templated) where the table is.

    Returns:
        The name of each segment's view, by segment; nothing for models whose label is not the segment.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "table", "segments", "location")

    def __init__(self, *, data_set: DataSet, table: Any, segments: Any, location: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_set = data_set
        self.table = table
        self.segments = segments
        self.location = location

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Create the views, or find those that an earlier try created.

        Raises:
            DataError: the split table does not exist any more.
            QueryFailed: BigQuery refused a statement.
        """
        segments = [str(each) for each in given(self.segments)]
        if self.data_set.task is not Task.BINARY_PER_SEGMENT or segments in ([], [ALL_SEGMENTS]):
            return {}
        with ThreadPoolExecutor(
            min(len(segments), _THREADS)
        ) as pool:  # each waits for a job of its own, which costs nothing
            views = dict(zip(segments, pool.map(lambda segment: self._view(run, segment), segments), strict=True))
        for segment, view in views.items():
            self.log.info("%s %s: view %s", self.data_set.segment_label, segment, view)
        return views

    def _view(self, run: RunIdentity, segment: str) -> str:
        from timberline.hooks.bigquery import Query

        settings = self.cloud.settings
        table = parse_table_name(str(self.table), settings.project, settings.dataset)
        view = TableName(table.project, table.dataset, run.table_name(f"{self.data_set.name}_{label_value(segment)}"))
        names: dict[str, TableName | str] = {
            "segment_view": view,
            "split_table": table,
            "target": column_name(self.data_set.target),
            "segment": json.dumps(segment),  # a text literal: query parameters do not reach into a view
            "run_key": run.run_key,
        }
        sql = read_statement(include_dir() / "sql" / _STATEMENT, names)
        query = Query(
            sql=sql, parameters={}, labels=run.labels(self.step, segment), maximum_bytes_billed=_MAXIMUM_BYTES
        )
        hook = self.cloud.at(self.location).bigquery
        hook.run(run.job_id(f"{self.step}-{segment}", sql), query, still_there=lambda: hook.table(view) is not None)
        return str(view)
