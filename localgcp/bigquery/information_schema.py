"""INFORMATION_SCHEMA: the views TABLES, COLUMNS and SCHEMATA as constant queries."""

from collections.abc import Callable

from sqlglot import exp

from localgcp.bigquery.catalog import Catalog
from localgcp.bigquery.names import DatasetName
from localgcp.bigquery.query_errors import unsupported

_PREFIX = "INFORMATION_SCHEMA."
Rows = list[tuple[str | int, ...]]


def is_view(table: exp.Table) -> bool:
    """The reference is to INFORMATION_SCHEMA."""
    return table.name.upper().startswith(_PREFIX)


def query(table: exp.Table, catalog: Catalog, project: str) -> exp.Expr:
    """Return the rows of a view of INFORMATION_SCHEMA as a subquery.

    Raises:
        ApiError: 404 for the dataset, 400 for a view that localgcp does not have.
    """
    view = table.name.upper().removeprefix(_PREFIX)
    if view not in _VIEWS:
        raise unsupported(f"INFORMATION_SCHEMA.{view}")
    columns, rows_of = _VIEWS[view]
    rows = rows_of(catalog, DatasetName(table.catalog or project, table.db))
    # A first row gives the types, and the condition removes it again: a dataset without tables has a schema too.
    sample: tuple[str | int, ...] = tuple(0 if name == "ordinal_position" else "" for name in columns)
    values = exp.Values(
        expressions=[exp.Tuple(expressions=[exp.convert(item) for item in row]) for row in [sample, *rows]],
        alias=exp.TableAlias(this=exp.to_identifier("rows"), columns=[exp.to_identifier(name) for name in columns]),
    )
    select = exp.select("*").from_(values).where(exp.column(columns[0]).neq(""))
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(view))
    return exp.Subquery(this=select, alias=alias.copy())


def _tables(catalog: Catalog, name: DatasetName) -> Rows:
    catalog.dataset(name)
    return [
        (name.project, name.dataset, entry.name.table, "VIEW" if entry.view else "BASE TABLE")
        for entry in catalog.tables(name)
    ]


def _columns(catalog: Catalog, name: DatasetName) -> Rows:
    catalog.dataset(name)
    return [
        (
            name.project,
            name.dataset,
            entry.name.table,
            field.name,
            position,
            "NO" if field.mode == "REQUIRED" else "YES",
            field.standard_type,
        )
        for entry in catalog.tables(name)
        for position, field in enumerate(entry.fields, start=1)
    ]


def _schemata(catalog: Catalog, name: DatasetName) -> Rows:
    return [
        (name.project, dataset["datasetReference"]["datasetId"], dataset["location"])
        for dataset in catalog.datasets(name.project)
    ]


_VIEWS: dict[str, tuple[tuple[str, ...], Callable[[Catalog, DatasetName], Rows]]] = {
    "TABLES": (("table_catalog", "table_schema", "table_name", "table_type"), _tables),
    "COLUMNS": (
        ("table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "is_nullable", "data_type"),
        _columns,
    ),
    "SCHEMATA": (("catalog_name", "schema_name", "location"), _schemata),
}
