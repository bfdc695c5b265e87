"""From the names in a statement to what they stand for: tables, views, INFORMATION_SCHEMA."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from localgcp.core.http.errors import ApiError
from localgcp.services.bigquery.dialect.googlesql import GoogleSql
from localgcp.services.bigquery.errors.query import invalid_query, syntax_error
from localgcp.services.bigquery.information_schema import views as information_schema
from localgcp.services.bigquery.partitions import pseudo_columns, wildcards
from localgcp.services.bigquery.partitions.values import Values
from localgcp.services.bigquery.partitions.wildcards import Wildcard
from localgcp.services.bigquery.planner import Shape
from localgcp.services.bigquery.routines.calls import put_routines
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName, check_dataset_id, check_table_id
from localgcp.services.bigquery.tables.sizes import Sizes

if TYPE_CHECKING:
    from localgcp.services.bigquery.tables.resources import Job

_DEEPEST_VIEW = 16


@dataclass(slots=True)
class Scope:
    """Where names are looked up, and what they named.

    Attributes:
        entries: the tables behind the statement, views resolved, by physical name.
        referenced: the tables and views that the statement itself names.
        temporary: those of the script, by lower-case name.
        wildcards: the tables behind the wildcards of the statement.
        needed: the values of the partitioning columns that the statement needs, by physical name.
        sizes: how large tables are, for INFORMATION_SCHEMA.
        jobs: gives the jobs of a project, for INFORMATION_SCHEMA.
        not_cached: why the result may not be kept for the same query, if there is a reason.
        is_definition: the statement is kept, not run, or a part of one: the filter of a partition may be elsewhere.
    """

    catalog: Catalog
    project: str
    default_project: str = ""
    default_dataset: str = ""
    entries: dict[str, TableEntry] = field(default_factory=dict)
    referenced: list[TableName] = field(default_factory=list)
    temporary: dict[str, TableName] = field(default_factory=dict)
    wildcards: dict[str, Wildcard] = field(default_factory=dict)
    needed: dict[str, Values] = field(default_factory=dict)
    is_definition: bool = False
    sizes: Sizes | None = None
    jobs: Callable[[str], Sequence["Job"]] | None = None
    not_cached: list[str] = field(default_factory=list)

    def aside(self) -> "Scope":
        """Return the same names for a part of the statement that is compiled by itself.

        What it needs is not what the job costs, and the filter of a partition is in the rest of the statement.
        """
        return replace(self, needed={}, is_definition=True)

    @property
    def shapes(self) -> list[Shape]:
        """The referenced tables as the planner needs them."""
        return [Shape(physical, entry.stored_fields) for physical, entry in self.entries.items()]

    def name_of(self, table: exp.Table) -> TableName:
        """Return the full name that a table reference means.

        Raises:
            ApiError: 400 where no dataset is given, or an id is not valid.
        """
        if table.db.upper() in ("", "_SESSION") and table.name.lower() in self.temporary:
            return self.temporary[table.name.lower()]
        dataset = table.db or self.default_dataset
        if not dataset:
            raise invalid_query(f'Table "{table.name}" must be qualified with a dataset (e.g. dataset.table).')
        check_dataset_id(dataset)
        check_table_id(table.name)
        project = table.catalog or (self.project if table.db else self.default_project or self.project)
        return TableName(project, dataset, table.name)

    def entry_of(self, table: exp.Table) -> TableEntry:
        """Return the table or view that a reference means.

        Raises:
            ApiError: 404 where there is none.
        """
        name = self.name_of(table)
        entry = self.catalog.find(name)
        if entry is None:
            self.catalog.datasets.get(name.parent)
            raise name.missing(self.catalog.datasets.get(name.parent)["location"])
        if name not in self.referenced:
            self.referenced.append(name)
        return entry

    def physical_of(self, entry: TableEntry) -> exp.Identifier:
        """Note that a table is read or written, and return its DuckDB name."""
        self.entries[entry.physical] = entry
        return exp.to_identifier(entry.physical, quoted=True)


def parse(sql: str) -> list[exp.Expr]:
    """Return the statements of a GoogleSQL text.

    Raises:
        ApiError: 400 for a syntax error.
    """
    try:
        parsed = sqlglot.parse(sql, read=GoogleSql)
    except TokenError as error:
        raise syntax_error(error, sql) from error
    except ParseError as error:
        raise syntax_error(error, sql, sqlglot.tokenize(sql, read=GoogleSql)) from error
    statements = [statement for statement in parsed if statement is not None]
    if not statements:
        raise invalid_query("Syntax error: Unexpected end of statement at [1:1]")
    return statements


def resolve(statement: exp.Expr, scope: Scope, depth: int = 0) -> exp.Expr:
    """Replace the tables and views of a statement by physical tables and queries.

    Raises:
        ApiError: 404 for a table that does not exist, 400 for a view that is not valid.
    """
    statement = put_routines(statement, scope)
    for table in list(statement.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or _is_local(table):
            continue
        replacement = _replacement(table, scope, depth)
        if table is statement:
            return replacement
        table.replace(replacement)
    return statement


def _is_local(table: exp.Table) -> bool:
    """The name is that of a WITH clause around it."""
    if table.db:
        return False
    node: exp.Expr | None = table
    while node is not None:
        clause = node.args.get("with_")
        if clause is not None and any(item.alias.lower() == table.name.lower() for item in clause.expressions):
            return True
        node = node.parent
    return False


def _replacement(table: exp.Table, scope: Scope, depth: int) -> exp.Expr:
    if information_schema.is_view(table):
        scope.not_cached.append("INFORMATION_SCHEMA")
        return information_schema.query(table, scope)
    if wildcards.is_wildcard(table):
        scope.not_cached.append("a wildcard")
        key = str(len(scope.wildcards))
        scope.wildcards[key] = wildcards.find(table, scope)
        return wildcards.placeholder(table, scope.wildcards[key], key)
    entry = scope.entry_of(table)
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
    if entry.view is None:
        return pseudo_columns.source(table, entry, scope.physical_of(entry), alias)
    query = _view_query(entry, scope, depth)
    return pseudo_columns.around(table, query, alias)


def _view_query(entry: TableEntry, scope: Scope, depth: int) -> exp.Expr:
    assert entry.view is not None
    if depth >= _DEEPEST_VIEW:
        raise invalid_query(f"Invalid view {entry.name}: views are nested more than {_DEEPEST_VIEW} deep.")
    # A view knows nothing of the default dataset of the query that reads it.
    inner = Scope(
        scope.catalog,
        entry.name.project,
        entries=scope.entries,
        referenced=scope.referenced,
        wildcards=scope.wildcards,
        sizes=scope.sizes,
        jobs=scope.jobs,
        not_cached=scope.not_cached,
    )
    try:
        return resolve(parse(entry.view["query"])[0], inner, depth + 1)
    except ApiError as error:
        raise ApiError(error.code, error.status, f"Invalid view {entry.name}: {error.message}", error.reason) from error
