"""Compiles a parsed GoogleSQL statement to DuckDB's SQL, with its schema and cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from localgcp.services.bigquery.compiler.resolution import resolve
from localgcp.services.bigquery.dialect import render, rewrite
from localgcp.services.bigquery.dialect.typed import rewrite_typed
from localgcp.services.bigquery.errors.query import statement_error
from localgcp.services.bigquery.information_schema.views import ServerFacts
from localgcp.services.bigquery.jobs.query_cache import is_deterministic
from localgcp.services.bigquery.jobs.resources import Job
from localgcp.services.bigquery.partitions import wildcards
from localgcp.services.bigquery.partitions.constants import Constants
from localgcp.services.bigquery.partitions.filters import find_needed
from localgcp.services.bigquery.planner import Planner, Shape
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.sizes import Sizes, billed
from localgcp.services.bigquery.types.schema import Field, check_names, check_unique, from_duckdb, quote


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledQuery:
    """A query ready to run.

    Attributes:
        sql: DuckDB SQL whose columns have the names and types of `fields`.
        source: the GoogleSQL statement, for the places in messages.
        bytes_processed, bytes_billed: the cost by BigQuery's rules.
    """

    sql: str
    source: exp.Expr
    fields: tuple[Field, ...]
    bytes_processed: int
    bytes_billed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledChange:
    """An INSERT, UPDATE, DELETE or MERGE ready to run."""

    sql: str
    source: exp.Expr
    bytes_processed: int
    bytes_billed: int


class Compiler:
    """Compiles statements against a catalog."""

    def __init__(self, planner: Planner, sizes: Sizes, jobs: Callable[[str], Sequence[Job]]) -> None:
        """Create a compiler.

        Args:
            planner: plans the translated statements.
            sizes: how large tables are, for the cost.
            jobs: returns the jobs of a project, which INFORMATION_SCHEMA lists.
        """
        self._planner = planner
        self._sizes = sizes
        self._facts = ServerFacts(sizes=sizes, jobs=jobs)
        self._constants = Constants(planner)

    def query(self, statement: exp.Expr, scope: Scope) -> CompiledQuery:
        """Compile a SELECT or set operation.

        Raises:
            ApiError: 400 for a query that is not valid, 404 for a table that does not exist.
        """
        translated = self._translate(statement, scope)
        sql = render(translated)
        try:
            columns = self._planner.columns(sql)
            check_unique([name for name, _ in columns])
            fields = tuple(from_duckdb(name, kind) for name, kind in columns)
            check_names(fields)
            processed, charged = self._cost(translated, scope)
        except duckdb.Error as error:
            raise statement_error(error, statement) from error
        return CompiledQuery(
            sql=_with_types(sql, columns, fields),
            source=statement,
            fields=fields,
            bytes_processed=processed,
            bytes_billed=charged,
        )

    def change(self, statement: exp.Expr, scope: Scope) -> CompiledChange:
        """Compile a statement that changes rows.

        Raises:
            ApiError: 400 for a statement that is not valid, 404 for a table that does not exist.
        """
        translated = self._translate(statement, scope)
        try:
            processed, charged = self._cost(translated, scope)
        except duckdb.Error as error:
            raise statement_error(error, statement) from error
        return CompiledChange(sql=render(translated), source=statement, bytes_processed=processed, bytes_billed=charged)

    def _translate(self, statement: exp.Expr, scope: Scope) -> exp.Expr:
        resolved = resolve(statement.copy(), scope, self._facts)
        if not is_deterministic(resolved):
            scope.found.uncacheable.append("a function that is not deterministic")
        if scope.found.wildcards:
            wildcards.fill(resolved, scope, self._constants.chosen)
        find_needed(resolved, scope, self._constants.number)
        self._planner.add_tables(
            [Shape(physical, entry.stored_fields) for physical, entry in scope.found.entries.items()]
        )
        try:
            return rewrite_typed(rewrite(resolved), self._planner)
        except duckdb.Error as error:
            raise statement_error(error, statement) from error

    def _cost(self, translated: exp.Expr, scope: Scope) -> tuple[int, int]:
        planned = translated.copy()
        for clause in planned.find_all(exp.CTE):
            # DuckDB would plan a clause that is read twice by itself, with columns that the statement does not use.
            clause.set("materialized", False)
        tables = []
        for physical, columns in self._planner.scanned(render(planned)).items():
            entry = scope.found.entries.get(physical)
            if entry is not None:
                sizes = self._sizes.needed(entry, scope.needed.get(physical))
                tables.append(sum(sizes.get(column, 0) for column in {_top_level(name, sizes) for name in columns}))
        return sum(tables), billed(tables)


def _top_level(name: str, sizes: dict[str, int]) -> str:
    """Return the top-level column of a name such as `record.field`."""
    return name if name in sizes else name.split(".")[0]


def _with_types(sql: str, columns: list[tuple[str, object]], fields: tuple[Field, ...]) -> str:
    """Return the query with casts for columns that DuckDB types otherwise, such as a sum of INT64, a HUGEINT."""
    if all(str(kind) == field.duckdb_type for (_, kind), field in zip(columns, fields, strict=True)):
        return sql
    casts = ", ".join(f"CAST({quote(field.name)} AS {field.duckdb_type}) AS {quote(field.name)}" for field in fields)
    return f"SELECT {casts} FROM ({sql}) AS result"
