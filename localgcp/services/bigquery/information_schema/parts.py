"""What the views of INFORMATION_SCHEMA are made of: columns, rows, and what the rows tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import DatasetName
from localgcp.services.bigquery.tables.sizes import Sizes

# A record is a mapping, an array a list of them.
Row = Sequence[Any]
# The names and the types of DuckDB of a view's columns.
Columns = tuple[tuple[str, str], ...]
TEXT, NUMBER, TIME, TRUTH = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """What the rows are made of: one dataset."""

    catalog: Catalog
    sizes: Sizes
    name: DatasetName

    @property
    def tables(self) -> list[TableEntry]:
        """The tables and views."""
        return self.catalog.tables(self.name)


def time_text(milliseconds: int) -> str:
    """Return a time of the REST API as a TIMESTAMP."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(sep=" ")


def kinds(names: str, **others: str) -> Columns:
    """Return columns with their types; those that are not named otherwise are texts."""
    return tuple((name, others.get(name, TEXT)) for name in names.split())
