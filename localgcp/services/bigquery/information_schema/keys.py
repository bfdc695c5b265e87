"""The rows of INFORMATION_SCHEMA about primary and foreign keys.

https://cloud.google.com/bigquery/docs/information-schema-table-constraints
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from localgcp.services.bigquery.information_schema.parts import DatasetSource, Row
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName


@dataclass(frozen=True, kw_only=True, slots=True)
class _TableKey:
    """One key of a table.

    Attributes:
        target: the table that a foreign key refers to.
        target_columns: the columns that a foreign key refers to, in the order of `columns`.
    """

    table: TableName
    name: str
    columns: Sequence[str]
    target: TableName | None = None
    target_columns: Sequence[str] = ()

    @property
    def constraint(self) -> tuple[str, str, str]:
        """The columns about the constraint, which all views have."""
        return self.table.project, self.table.dataset, self.name


def _keys(entry: TableEntry) -> Iterator[_TableKey]:
    kept = entry.settings.get("tableConstraints") or {}
    table = entry.name.table
    if primary := kept.get("primaryKey"):
        yield _TableKey(table=entry.name, name=f"{table}.pk$", columns=primary["columns"])
    for number, foreign in enumerate(kept.get("foreignKeys") or (), start=1):
        pairs = foreign["columnReferences"]
        yield _TableKey(
            table=entry.name,
            name=f"{table}.{foreign.get('name') or f'fk${number}'}",
            columns=[pair["referencingColumn"] for pair in pairs],
            target=TableName.from_json(foreign["referencedTable"]),
            target_columns=[pair["referencedColumn"] for pair in pairs],
        )


def _all(source: DatasetSource) -> Iterator[_TableKey]:
    for entry in source.tables:
        yield from _keys(entry)


def _of(name: TableName) -> tuple[str, str, str]:
    return name.project, name.dataset, name.table


def table_constraints(source: DatasetSource) -> Iterator[Row]:
    """Yield the rows of TABLE_CONSTRAINTS: one for each key."""
    for key in _all(source):
        kind = "FOREIGN KEY" if key.target is not None else "PRIMARY KEY"
        yield *key.constraint, *_of(key.table), kind, "NO", "NO", "NO"


def key_column_usage(source: DatasetSource) -> Iterator[Row]:
    """Yield the rows of KEY_COLUMN_USAGE: one for each column of a key."""
    for key in _all(source):
        for position, column in enumerate(key.columns, start=1):
            yield *key.constraint, *_of(key.table), column, position, _place(source, key, position)


def constraint_column_usage(source: DatasetSource) -> Iterator[Row]:
    """Yield the rows of CONSTRAINT_COLUMN_USAGE; for a foreign key these are the columns that it refers to."""
    for key in _all(source):
        for column in key.target_columns or key.columns:
            yield *_of(key.target or key.table), column, *key.constraint


def _place(source: DatasetSource, key: _TableKey, position: int) -> int | None:
    """Return the position in the primary key of the column that a foreign key refers to."""
    if key.target is None:
        return None
    entry = source.catalog.find(key.target)
    primary = ((entry.settings.get("tableConstraints") or {}).get("primaryKey") or {}) if entry is not None else {}
    columns = [name.lower() for name in primary.get("columns", ())]
    wanted = key.target_columns[position - 1].lower()
    return columns.index(wanted) + 1 if wanted in columns else None
