"""The results of a job, as files of Cloud Storage or tables of BigQuery; they get their names when they are complete."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from localgcp.batchprediction.batches import Predicted
from localgcp.batchprediction.instances import InstanceForm
from localgcp.batchprediction.sources import Input
from localgcp.bigquery.store import BigQueryStore
from localgcp.storage.store import StorageStore

_SHARD_ROWS = 50_000
_KEY_COLUMN = "key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What a job has to write.

    Attributes:
        model_name: the display name of the model, a part of the names of folders and data sets.
        create_time: of the job, likewise.
    """

    input: Input
    form: InstanceForm
    predicted: Sequence[Predicted]
    model_name: str
    create_time: str

    @property
    def good(self) -> list[Predicted]:
        """The rows with a prediction."""
        return [one for one in self.predicted if one.error is None]

    @property
    def failed(self) -> list[Predicted]:
        """The rows without one."""
        return [one for one in self.predicted if one.error is not None]

    @property
    def stamp(self) -> str:
        """The time of the job, as names have it: `2026_01_31T12_00_00_123Z`."""
        return re.sub(r"[-:.]", "_", f"{self.create_time[:23]}Z")


def write_files(storage: StorageStore, uri_prefix: str, results: Results) -> dict[str, Any]:
    """Write JSON lines into a new folder below the prefix, and return the OutputInfo.

    Raises:
        ApiError: 404 for the bucket.
    """
    bucket, _, prefix = uri_prefix.removeprefix("gs://").partition("/")
    name = f"prediction-{re.sub(r'[^A-Za-z0-9_-]', '_', results.model_name)}-{results.stamp}"
    folder = f"{prefix.rstrip('/')}/{name}".lstrip("/")
    good = [{**results.form.shown(one.row), "prediction": one.prediction} for one in results.good]
    failed = [{**results.form.shown(one.row), "error": one.error} for one in results.failed]
    shards = [good[start : start + _SHARD_ROWS] for start in range(0, len(good), _SHARD_ROWS)] or [[]]
    files = [(f"prediction.errors_stats-{_of(0, 1)}", failed)]
    files += [(f"prediction.results-{_of(index, len(shards))}", shard) for index, shard in enumerate(shards)]
    for file, lines in files:
        storage.put_bytes(bucket, f"{folder}/{file}", _json_lines(lines), content_type="application/json")
    return {"gcsOutputDirectory": f"gs://{bucket}/{folder}"}


def write_tables(bigquery: BigQueryStore, uri: str, results: Results) -> dict[str, Any]:
    """Write the rows with a column `prediction`, those that failed with a column `errors`, and return the OutputInfo.

    Raises:
        ApiError: 404 for the data set.
    """
    project, dataset, table = [*uri.removeprefix("bq://").split("."), "", ""][:3]
    errors = f"errors_{results.stamp}"
    if not dataset:
        dataset = re.sub(r"\W", "_", f"prediction_{results.model_name}_{results.stamp}")
        bigquery.catalog.create_dataset(project, {"datasetReference": {"projectId": project, "datasetId": dataset}})
        table, errors = "predictions", "errors"
    table = table or f"predictions_{results.stamp}"
    writer = _TableWriter(bigquery, project, dataset, results)
    status = {"name": "errors", "type": "RECORD", "fields": _STATUS_FIELDS}
    if results.failed:
        writer.write(errors, results.failed, status, [one.error for one in results.failed])
    predictions = [_as_text(one.prediction) for one in results.good]
    writer.write(table, results.good, {"name": "prediction", "type": "STRING"}, predictions)
    return {"bigqueryOutputDataset": f"bq://{project}.{dataset}", "bigqueryOutputTable": table}


_STATUS_FIELDS = [{"name": "code", "type": "INTEGER"}, {"name": "message", "type": "STRING"}]
_STATUS_TYPE = pa.struct([("code", pa.int64()), ("message", pa.string())])


@dataclass(frozen=True, slots=True)
class _TableWriter:
    bigquery: BigQueryStore
    project: str
    dataset: str
    results: Results

    def write(self, table: str, rows: Sequence[Predicted], column: Mapping[str, Any], values: Sequence[Any]) -> None:
        kind = _STATUS_TYPE if column["type"] == "RECORD" else pa.string()
        data = self._columns(rows).append_column(column["name"], pa.array(values, kind))
        schema = self._schema(data, column)
        load = {
            "destinationTable": {"projectId": self.project, "datasetId": self.dataset, "tableId": table},
            "sourceFormat": "PARQUET",
            "writeDisposition": "WRITE_TRUNCATE",
            **({"schema": {"fields": schema}} if schema else {}),
        }
        with tempfile.TemporaryDirectory(prefix="localgcp-predictions-") as folder:
            path = Path(folder) / "rows.parquet"
            pq.write_table(data, path)
            job = self.bigquery.jobs.new(self.project, {"configuration": {"load": load}})
            self.bigquery.run_upload(job, path)

    def _columns(self, rows: Sequence[Predicted]) -> pa.Table:
        shown = [self.results.form.shown(one.row) for one in rows]
        if self.results.form.key_field:
            return pa.table({_KEY_COLUMN: [_as_text(one.get("key")) for one in shown]})
        objects = [one.row.given for one in rows]
        if self.results.input.fields:
            # All as text: the load gives each column the type of its table again.
            names = [field.name for field in self.results.input.fields]
            return pa.table({name: [_as_text(one[name]) for one in objects] for name in names})
        if all(isinstance(one, dict) for one in objects):
            names = list(dict.fromkeys(name for one in objects for name in one))
            return pa.Table.from_pylist(objects, pa.Table.from_pylist(objects).schema) if names else pa.table({})
        return pa.table({"instance": [_as_text(one) for one in objects]})

    def _schema(self, data: pa.Table, column: Mapping[str, Any]) -> list[dict[str, Any]]:
        return []


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _json_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _of(index: int, count: int) -> str:
    return f"{index:05d}-of-{count:05d}"
