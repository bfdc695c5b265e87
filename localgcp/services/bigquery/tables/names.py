"""The names of datasets, tables and jobs: their form in JSON and in messages, and which ids are valid."""

import re
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument, not_found

# https://cloud.google.com/bigquery/docs/datasets#dataset-naming and .../tables#table_naming
_DATASET_ID = re.compile(r"\w{1,1024}", re.ASCII)
_TABLE_ID = re.compile(r"[\w\- ]{1,1024}")
_JOB_ID = re.compile(r"[\w\-]{1,1024}", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class DatasetName:
    """`project:dataset`."""

    project: str
    dataset: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}"

    def to_json(self) -> dict[str, Any]:
        """Return the `datasetReference`."""
        return {"projectId": self.project, "datasetId": self.dataset}

    def missing(self) -> ApiError:
        """Return the 404 for a dataset that does not exist."""
        return not_found(f"Not found: Dataset {self}")


@dataclass(frozen=True, order=True, slots=True)
class TableName:
    """`project:dataset.table`."""

    project: str
    dataset: str
    table: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}.{self.table}"

    @property
    def dotted(self) -> str:
        """The name as some messages write it, `project.dataset.table`."""
        return f"{self.project}.{self.dataset}.{self.table}"

    @property
    def parent(self) -> DatasetName:
        """The dataset of the table."""
        return DatasetName(self.project, self.dataset)

    def to_json(self) -> dict[str, Any]:
        """Return the `tableReference`."""
        return {"projectId": self.project, "datasetId": self.dataset, "tableId": self.table}

    @classmethod
    def from_json(cls, raw: dict[str, Any], default_project: str = "") -> "TableName":
        """Read a `tableReference`.

        Raises:
            ApiError: 400 for an id that is missing or not valid.
        """
        project = raw.get("projectId") or default_project
        for field, value in (
            ("projectId", project),
            ("datasetId", raw.get("datasetId")),
            ("tableId", raw.get("tableId")),
        ):
            if not value:
                raise invalid_argument(f"Required parameter is missing: {field}", "required")
        check_dataset_id(raw["datasetId"])
        check_table_id(raw["tableId"])
        return cls(project, raw["datasetId"], raw["tableId"])

    @classmethod
    def from_stored(cls, raw: dict[str, Any]) -> "TableName":
        """Read what `to_json` returned, without checking it.

        Raises:
            KeyError: a part is missing.
        """
        return cls(raw["projectId"], raw["datasetId"], raw["tableId"])

    def missing(self, location: str | None = None) -> ApiError:
        """Return the 404 for a table that does not exist; that of a query names the location of the dataset."""
        where = f" was not found in location {location}" if location else ""
        return not_found(f"Not found: Table {self}{where}")


def decorated(raw: dict[str, Any], default_project: str = "") -> tuple[TableName, str]:
    """Read a `tableReference` with or without a partition, as in `table$20240131`; return table and partition.

    Raises:
        ApiError: 400 for an id that is missing or not valid.
    """
    table, partition = split_partition(str(raw.get("tableId") or ""))
    return TableName.from_json({**raw, "tableId": table}, default_project), partition


def split_partition(table_id: str) -> tuple[str, str]:
    """Split a table id such as `table$20240131`; the partition is empty if the id names none."""
    table, _, partition = table_id.partition("$")
    return table, partition


def check_dataset_id(text: str) -> None:
    """Refuse an invalid dataset id.

    Raises:
        ApiError: 400, in Google's words.
    """
    if not _DATASET_ID.fullmatch(text):
        raise invalid_argument(
            f'Invalid dataset ID "{text}". Dataset IDs must be alphanumeric (plus underscores) and must be at '
            "most 1024 characters long."
        )


def check_table_id(text: str) -> None:
    """Refuse an invalid table id.

    Raises:
        ApiError: 400, in Google's words.
    """
    if not _TABLE_ID.fullmatch(text):
        raise invalid_argument(
            f'Invalid table ID "{text}". Table IDs must be alphanumeric (plus underscores) and must be at most 1024 '
            "characters long. Also, Table decorators cannot be used."
        )


def check_job_id(text: str) -> None:
    """Refuse an invalid job id.

    Raises:
        ApiError: 400, in Google's words.
    """
    if not _JOB_ID.fullmatch(text):
        raise invalid_argument(
            f'Invalid job ID "{text}". Job IDs must be alphanumeric (plus underscores and dashes) and must be at '
            "most 1024 characters long."
        )
