"""INFORMATION_SCHEMA of a dataset, a region or a project, and `__TABLES__`, as constant queries."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.information_schema import jobs as jobs_view
from localgcp.services.bigquery.information_schema.parts import Columns, DatasetSource, Row
from localgcp.services.bigquery.information_schema.rows import VIEWS
from localgcp.services.bigquery.jobs.resources import Job
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.names import DatasetName
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import quote

_PREFIX = "INFORMATION_SCHEMA."
_REGION = "REGION-"
_TABLES = "__TABLES__"
_OF_PROJECTS = ("SCHEMATA", "SCHEMATA_OPTIONS", "TABLE_STORAGE")


def is_view(table: exp.Table) -> bool:
    """Tell whether a table reference is to INFORMATION_SCHEMA or `__TABLES__`."""
    return table.name.upper().startswith(_PREFIX) or table.name.upper() == _TABLES


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerFacts:
    """What the views show of the server besides the catalog.

    Attributes:
        sizes: how large tables are.
        jobs: returns the jobs of a project, oldest first.
    """

    sizes: Sizes
    jobs: Callable[[str], Sequence[Job]]


def query(table: exp.Table, scope: Scope, facts: ServerFacts) -> exp.Expr:
    """Return the rows of a view of INFORMATION_SCHEMA as a subquery.

    Raises:
        ApiError: 404 for the dataset, 400 for a view that localgcp does not have.
    """
    view = table.name.upper().removeprefix(_PREFIX)
    if view in jobs_view.VIEWS:
        columns, rows = jobs_view.COLUMNS, list(_jobs(table, view, scope, facts))
    elif view in VIEWS:
        columns, rows_of = VIEWS[view]
        sources = [DatasetSource(scope.catalog, facts.sizes, name) for name in _datasets(table, view, scope)]
        rows = [row for source in sources for row in rows_of(source)]
    else:
        raise unsupported(f"INFORMATION_SCHEMA.{view}")
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(view))
    found = exp.Subquery(this=_constant(columns, rows), alias=alias.copy())
    for part in ("joins", "laterals", "pivots", "sample"):
        if table.args.get(part):
            found.set(part, table.args[part])
    return found


def _jobs(table: exp.Table, view: str, scope: Scope, facts: ServerFacts) -> Iterator[Row]:
    """Return the rows of the jobs of a region."""
    place = (table.db or "").upper()
    if not place.startswith(_REGION):
        raise invalid_query(f"INFORMATION_SCHEMA.{view} must be qualified with a region (e.g. `region-us`).")
    return jobs_view.rows(facts.jobs(table.catalog or scope.defaults.project), place.removeprefix(_REGION))


def _datasets(table: exp.Table, view: str, scope: Scope) -> list[DatasetName]:
    """Return the datasets that a view describes: one, or all of a project in a region."""
    project, place = table.catalog or scope.defaults.project, table.db or ""
    location = place.upper().removeprefix(_REGION) if place.upper().startswith(_REGION) else None
    if location is not None or view in _OF_PROJECTS:
        return [
            DatasetName(project, item["datasetReference"]["datasetId"])
            for item in scope.catalog.datasets.of_project(project)
            if location in (None, str(item["location"]).upper())
        ]
    place = place or scope.defaults.default_dataset
    if not place:
        raise invalid_query(f'Table "{table.name}" must be qualified with a dataset (e.g. dataset.table).')
    scope.catalog.datasets.get(DatasetName(project, place))
    return [DatasetName(project, place)]


def _constant(columns: Columns, rows: Sequence[Row]) -> exp.Select:
    """Return a query for constant rows. They are one JSON text, which costs the parser less than thousands of nodes."""
    content = json.dumps([dict(zip([name for name, _ in columns], row, strict=True)) for row in rows])
    shape = json.dumps([{name: "JSON" if "STRUCT" in kind else "VARCHAR" for name, kind in columns}])
    values = exp.Var(this=f"unnest(from_json({literal(content)}, {literal(shape)}))")
    inner = exp.Subquery(
        this=exp.Select(expressions=[exp.alias_(values, "item", quoted=True)]),
        alias=exp.TableAlias(this=exp.to_identifier("items", quoted=True)),
    )
    casts = [
        exp.alias_(exp.Var(this=f"CAST(items.item.{quote(name)} AS {kind})"), name, quoted=True)
        for name, kind in columns
    ]
    return exp.Select(expressions=casts).from_(inner)
