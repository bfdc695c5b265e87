"""Where the names of one statement are looked up, and which tables they turned out to name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName, check_dataset_id, check_table_id
from localgcp.services.bigquery.tables.partition_values import ValueSet
from localgcp.services.bigquery.types.schema import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class NameDefaults:
    """How a name is completed that does not say its project or dataset. The job and its script set these.

    Attributes:
        project: the project of a name that says a dataset alone, as in `dataset.table`.
        default_project: the project of a name without a dataset; empty means `project`.
        default_dataset: the dataset of a name without one; empty if the job sets none.
        temporary: the temporary tables of the script or session, by lower-case name.
    """

    project: str
    default_project: str = ""
    default_dataset: str = ""
    temporary: Mapping[str, TableName] = field(default_factory=dict)

    def project_of(self, table: exp.Table) -> str:
        """Return the project of a table reference."""
        return table.catalog or (self.project if table.db else self.default_project or self.project)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """The tables behind one wildcard such as `events_*`.

    Attributes:
        entries: the tables by suffix, which is what the `*` stands for.
        fields: the schema of the newest table.
        names_suffix: whether the statement names `_TABLE_SUFFIX`.
    """

    entries: Mapping[str, TableEntry]
    fields: tuple[Field, ...]
    names_suffix: bool


@dataclass(frozen=True, slots=True)
class FoundTables:
    """What the names of a statement turned out to be. The compiler's name resolution writes it.

    Attributes:
        entries: the tables that the statement reads or writes, also through views, by physical name.
        referenced: the tables and views that the statement itself names.
        wildcards: the wildcards of the statement, by their number in it.
        uncacheable: the reasons why the result must not answer the same query again; empty for a result that may.
    """

    entries: dict[str, TableEntry] = field(default_factory=dict)
    referenced: list[TableName] = field(default_factory=list)
    wildcards: dict[str, Wildcard] = field(default_factory=dict)
    uncacheable: list[str] = field(default_factory=list)

    def refer_to(self, name: TableName) -> None:
        """Note that the statement names a table, view or wildcard."""
        if name not in self.referenced:
            self.referenced.append(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The names of one statement.

    Attributes:
        catalog: all tables of the server.
        defaults: how incomplete names are completed.
        found: what the names turned out to be.
        needed: the values of partitioning columns that the statement needs, by physical name; written by the partition
            filters.
        is_definition: the statement is stored instead of run, as a view is, or is one part of a statement. A table that
            requires a partition filter is then accepted without one: the filter may be elsewhere.
    """

    catalog: Catalog
    defaults: NameDefaults
    found: FoundTables = field(default_factory=FoundTables)
    needed: dict[str, ValueSet] = field(default_factory=dict)
    is_definition: bool = False

    def for_part(self) -> "Scope":
        """Return the scope of a part of the statement that is compiled by itself.

        The part shares the names, but not what the statement needs of partitions, which decides what the job costs.
        """
        return replace(self, needed={}, is_definition=True)

    def of_definition(self, project: str) -> "Scope":
        """Return the scope of the text of a view or routine: it has neither default dataset nor temporary tables."""
        return replace(self, defaults=NameDefaults(project=project))

    def name_of(self, table: exp.Table) -> TableName:
        """Return the full name that a table reference means.

        Raises:
            ApiError: 400 if no dataset is given, or an id is invalid.
        """
        if table.db.upper() in ("", "_SESSION") and table.name.lower() in self.defaults.temporary:
            return self.defaults.temporary[table.name.lower()]
        dataset = table.db or self.defaults.default_dataset
        if not dataset:
            raise invalid_query(f'Table "{table.name}" must be qualified with a dataset (e.g. dataset.table).')
        check_dataset_id(dataset)
        check_table_id(table.name)
        return TableName(self.defaults.project_of(table), dataset, table.name)

    def entry_of(self, table: exp.Table) -> TableEntry:
        """Return the table or view that a reference means.

        Raises:
            ApiError: 404 if the dataset or the table does not exist.
        """
        name = self.name_of(table)
        entry = self.catalog.find(name)
        if entry is None:
            raise name.missing(self.catalog.datasets.get(name.parent)["location"])
        self.found.refer_to(name)
        return entry

    def physical_of(self, entry: TableEntry) -> exp.Identifier:
        """Note that a table is read or written, and return its DuckDB name."""
        self.found.entries[entry.physical] = entry
        return exp.to_identifier(entry.physical, quoted=True)
