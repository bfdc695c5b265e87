"""Building blocks of the views of INFORMATION_SCHEMA: columns, rows, and the dataset that they describe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import DatasetName
from localgcp.services.bigquery.tables.sizes import Sizes

# One value for each column; a STRUCT is a mapping, an ARRAY a list.
Row = Sequence[Any]
# The name and the DuckDB type of each column of a view.
Columns = tuple[tuple[str, str], ...]
TEXT, NUMBER, TIME, TRUTH = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """The dataset that the rows of a view describe."""

    catalog: Catalog
    sizes: Sizes
    name: DatasetName

    @property
    def tables(self) -> list[TableEntry]:
        """The tables and views of the dataset."""
        return self.catalog.tables(self.name)


def time_text(milliseconds: int) -> str:
    """Return milliseconds since 1970 as the text of a TIMESTAMP."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(sep=" ")


def kinds(names: str, **others: str) -> Columns:
    """Return columns with their types.

    Args:
        names: the names of the columns, separated by spaces.
        others: the types of columns that are not VARCHAR.
    """
    return tuple((name, others.get(name, TEXT)) for name in names.split())
