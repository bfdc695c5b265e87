"""The steps that load and split rows of cover types, taken in a test."""

from typing import Any

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from timberline.data.datasets.covertype import COVERTYPE
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.run.identity import RunIdentity


def load(run: RunIdentity, **changes: Any) -> dict[str, Any]:
    """Load the rows and return the result of the step."""
    loaded: dict[str, Any] = LoadTableOperator(task_id="load", data_set=COVERTYPE, **changes).execute(context_of(run))
    return loaded


def split_of(run: RunIdentity, table: str, **changes: Any) -> dict[str, Any]:
    """Split a table for the cover types 1 and 2, and return the result of the step."""
    arguments = {"segments": ["1", "2"], **changes}
    operator = BigQuerySplitOperator(task_id="split", data_set=COVERTYPE, table=table, **arguments)
    split: dict[str, Any] = operator.execute(context_of(run))
    return split


def jobs_of(cloud: LocalCloud) -> int:
    """Return how many BigQuery jobs were started."""
    return sum(call["status"] == 200 for call in cloud.requests("bigquery.jobs.insert"))
