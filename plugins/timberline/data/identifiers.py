"""Names of Google Cloud resources, checked before they go into a statement or an address."""

import re
from dataclasses import dataclass

from timberline.run.errors import IdentifierError

# https://cloud.google.com/resource-manager/docs/creating-managing-projects (domain-scoped ids have a colon)
_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
# https://cloud.google.com/bigquery/docs/datasets#dataset-naming
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")
# BigQuery allows more characters in tables, but these need no quotes anywhere.
_TABLE = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
# https://cloud.google.com/storage/docs/buckets#naming
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_GS_URI = re.compile(r"gs://(?P<bucket>[^/]+)/(?P<name>[^\x00-\x1f'\\]+)")


@dataclass(frozen=True, slots=True)
class TableName:
    """A full BigQuery table name whose parts are valid, so that it may stand between backticks in a statement."""

    project: str
    dataset: str
    table: str

    def __post_init__(self) -> None:
        """Check the parts.

        Raises:
            IdentifierError: a part is not a valid name.
        """
        _check(_PROJECT, self.project, "project id")
        _check(_DATASET, self.dataset, "dataset name")
        _check(_TABLE, self.table, "table name")

    def __str__(self) -> str:
        """Return `project.dataset.table`."""
        return f"{self.project}.{self.dataset}.{self.table}"


def parse_table_name(text: str, default_project: str, default_dataset: str) -> TableName:
    """Read `table`, `dataset.table` or `project.dataset.table` (also `project:dataset.table`).

    Raises:
        IdentifierError: the text has another form, or a part is not a valid name.
    """
    parts = re.sub(r"^([a-z0-9-]+):([^.]+\.)", r"\1.\2", text.strip()).rsplit(".", 2)
    if not all(parts) or not text.strip():
        raise IdentifierError(f"table {text!r}: expected table, dataset.table or project.dataset.table")
    full = [default_project, default_dataset][: 3 - len(parts)] + parts
    return TableName(*full)


def column_name(text: str) -> str:
    """Return the name of a column that needs no escape.

    Raises:
        IdentifierError: the text is not such a name.
    """
    return _check(_COLUMN, text, "column name")


def bucket_name(text: str) -> str:
    """Return the name of a bucket.

    Raises:
        IdentifierError: the text is not a valid name.
    """
    return _check(_BUCKET, text, "bucket name")


def split_gs_uri(uri: str) -> tuple[str, str]:
    """Return bucket and object name (or prefix) of a `gs://bucket/name` URI.

    Raises:
        IdentifierError: it has another form, or characters that would end a quoted text in a statement.
    """
    match = _GS_URI.fullmatch(uri)
    if match is None:
        raise IdentifierError(f"{uri!r} is not a Cloud Storage URI; expected gs://bucket/name")
    return bucket_name(match["bucket"]), match["name"]


def _check(pattern: re.Pattern[str], text: str, what: str) -> str:
    if pattern.fullmatch(text) is None:
        raise IdentifierError(f"{text!r} is not a {what}; expected characters as in {pattern.pattern}")
    return text
