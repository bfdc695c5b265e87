"""The rows of a job's input, from files of Cloud Storage or a table of BigQuery."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from gzip import BadGzipFile
from typing import Any

import pyarrow as pa

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.transfer.sources import find_files
from localgcp.services.bigquery.types.schema import Field
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.batch_predictions.instances import InstanceForm, Row

_MOST_ROWS = 1 << 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """The input of a job.

    Attributes:
        fields, table: the columns and the rows of a table; empty and None for files.
    """

    rows: list[Row]
    fields: tuple[Field, ...] = ()
    table: pa.Table | None = None


def read_files(storage: StorageStore, config: Mapping[str, Any], form: InstanceForm) -> Input:
    """Read JSON lines.

    Raises:
        ApiError: 404 for a URI that names no file, 400 for a file that cannot be unpacked.
    """
    rows = []
    for file in find_files(storage, config["gcsSource"]["uris"]):
        # splitlines would also split at characters such as U+2028, which JSON strings may contain.
        rows += [_line(line, form) for line in _text(file).split("\n") if line.strip()]
    return Input(rows=rows)


def read_table(bigquery: BigQueryStore, config: Mapping[str, Any], form: InstanceForm) -> Input:
    """Read a table or view.

    Raises:
        ApiError: 404 if the table does not exist.
    """
    table = config["bigquerySource"]["inputUri"].removeprefix("bq://")
    project = table.partition(".")[0]
    query = {"query": f"SELECT * FROM `{table}`", "useLegacySql": False}
    ran = bigquery.runner.run(bigquery.jobs.new(project, {"configuration": {"query": query}}))
    result = TableName.from_json(ran.configuration["query"]["destinationTable"], project)
    fields, found, _ = bigquery.reads.rows(result, 0, _MOST_ROWS)
    rows = [form.row({name: json_value(value) for name, value in row.items()}) for row in found.to_pylist()]
    return Input(rows=rows, fields=fields, table=found)


def json_value(value: Any) -> Any:
    """Return a value of BigQuery as JSON."""
    if isinstance(value, dict):
        return {name: json_value(item) for name, item in value.items()}
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def _text(file: SourceFile) -> str:
    try:
        with file.opened() as content:
            return content.read().decode("utf-8", "replace")
    except (EOFError, BadGzipFile, zlib.error) as error:
        raise invalid_argument(f"{file.uri} cannot be unpacked: {error}.") from error


def _line(line: str, form: InstanceForm) -> Row:
    try:
        return form.row(json.loads(line))
    except ValueError as error:
        return Row(given=line, problem=f"The line is not JSON: {error}")
