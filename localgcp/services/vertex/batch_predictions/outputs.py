"""The results of a job: files in Cloud Storage or tables in BigQuery, which appear when they are complete."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.batches import Predicted
from localgcp.services.vertex.batch_predictions.instances import InstanceForm
from localgcp.services.vertex.batch_predictions.sources import Input

_SHARD_ROWS = 50_000
_KEY_COLUMN = "key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The results that a job writes.

    Attributes:
        model_name: the display name of the model; a part of the names of folders and data sets.
        create_time: the creation time of the job; a part of these names too.
    """

    input: Input
    form: InstanceForm
    predicted: Sequence[Predicted]
    model_name: str
    create_time: str

    @property
    def stamp(self) -> str:
        """The creation time in the form that names use: `2026_01_31T12_00_00_123Z`."""
        return re.sub(r"[-:.]", "_", f"{self.create_time[:23]}Z")


def write_files(storage: StorageStore, uri_prefix: str, results: Results) -> dict[str, Any]:
    """Write JSON lines into a new folder below the prefix, and return the OutputInfo.

    Raises:
        ApiError: 404 if the bucket does not exist.
    """
    bucket, _, prefix = uri_prefix.removeprefix("gs://").partition("/")
    name = f"prediction-{re.sub(r'[^A-Za-z0-9_-]', '_', results.model_name)}-{results.stamp}"
    folder = f"{prefix.rstrip('/')}/{name}".lstrip("/")
    lines = [(one, results.form.shown(one.row)) for one in results.predicted]
    good = [{**shown, "prediction": one.prediction} for one, shown in lines if one.error is None]
    failed = [{**shown, "error": one.error} for one, shown in lines if one.error is not None]
    shards = [good[start : start + _SHARD_ROWS] for start in range(0, len(good), _SHARD_ROWS)] or [[]]
    files = [(f"prediction.errors_stats-{_of(0, 1)}", failed)]
    files += [(f"prediction.results-{_of(index, len(shards))}", shard) for index, shard in enumerate(shards)]
    for file, content in files:
        storage.put_bytes(bucket, f"{folder}/{file}", _json_lines(content), content_type="application/json")
    return {"gcsOutputDirectory": f"gs://{bucket}/{folder}"}


def write_tables(bigquery: BigQueryStore, uri: str, results: Results) -> dict[str, Any]:
    """Write the rows to one table with a column `prediction`, failed rows to one with `errors`; return the OutputInfo.

    Raises:
        ApiError: 404 if the data set does not exist.
    """
    project, dataset, table = [*uri.removeprefix("bq://").split("."), "", ""][:3]
    errors = f"errors_{results.stamp}"
    if not dataset:
        dataset = re.sub(r"\W", "_", f"prediction_{results.model_name}_{results.stamp}")
        bigquery.catalog.datasets.create(project, {"datasetReference": {"projectId": project, "datasetId": dataset}})
        table, errors = "predictions", "errors"
    table = table or f"predictions_{results.stamp}"
    writer = _TableWriter(bigquery, project, dataset, results)
    found = results.predicted
    failed = [index for index, one in enumerate(found) if one.error is not None]
    good = [index for index, one in enumerate(found) if one.error is None]
    if failed:
        column: dict[str, Any] = {"name": "errors", "type": "RECORD", "fields": _STATUS_FIELDS}
        writer.write(errors, failed, column, [found[index].error for index in failed])
    column = {"name": "prediction", "type": "STRING"}
    writer.write(table, good, column, [_as_text(found[index].prediction) for index in good])
    return {"bigqueryOutputDataset": f"bq://{project}.{dataset}", "bigqueryOutputTable": table}


_STATUS_FIELDS = [{"name": "code", "type": "INTEGER"}, {"name": "message", "type": "STRING"}]
_STATUS_TYPE = pa.struct([("code", pa.int64()), ("message", pa.string())])


@dataclass(frozen=True, slots=True)
class _TableWriter:
    bigquery: BigQueryStore
    project: str
    dataset: str
    results: Results

    def write(self, table: str, indices: Sequence[int], column: Mapping[str, Any], values: Sequence[Any]) -> None:
        """Create a table of some rows of the input, given by position, with one more column."""
        kind = _STATUS_TYPE if column["type"] == "RECORD" else pa.string()
        data = self._columns(indices).append_column(column["name"], pa.array(values, kind))
        fields = () if self.results.form.key_field else self.results.input.fields
        load: dict[str, Any] = {
            "destinationTable": {"projectId": self.project, "datasetId": self.dataset, "tableId": table},
            "sourceFormat": "PARQUET",
            "writeDisposition": "WRITE_TRUNCATE",
        }
        if fields:
            load["schema"] = {"fields": [*(field.to_json() for field in fields), column]}
        with tempfile.TemporaryDirectory(prefix="localgcp-predictions-") as folder:
            path = Path(folder) / "rows.parquet"
            pq.write_table(data, path)  # type: ignore[no-untyped-call]
            job = self.bigquery.jobs.new(self.project, {"configuration": {"load": load}})
            self.bigquery.runner.run_upload(job, path)

    def _columns(self, indices: Sequence[int]) -> pa.Table:
        rows = [self.results.predicted[index].row for index in indices]
        form, table = self.results.form, self.results.input.table
        if form.key_field:
            return pa.table(
                {_KEY_COLUMN: pa.array([_as_text(form.shown(row).get("key")) for row in rows], pa.string())}
            )
        if table is not None:
            return table.take(pa.array(indices, pa.int64()))
        if rows and all(isinstance(row.given, dict) and row.given for row in rows):
            return pa.Table.from_pylist([row.given for row in rows])
        return pa.table({"instance": pa.array([_as_text(row.given) for row in rows], pa.string())})


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _json_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _of(index: int, count: int) -> str:
    return f"{index:05d}-of-{count:05d}"
