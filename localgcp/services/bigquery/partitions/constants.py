"""Evaluates constant expressions before any row is read."""

from collections.abc import Sequence

import duckdb
from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.dialect import render, rewrite
from localgcp.services.bigquery.dialect.typed import rewrite_typed
from localgcp.services.bigquery.partitions.pseudo_columns import SUFFIX
from localgcp.services.bigquery.planner import Planner

# By type: a DATE as days since 1970, a DATETIME or TIMESTAMP as microseconds since 1970.
_NUMBERS = {
    "DATE": "date_diff('day', DATE '1970-01-01', value)",
    "DATETIME": "epoch_us(value)",
    "TIMESTAMP": "epoch_us(value)",
    "INTEGER": "value",
}
_TYPES = {"INTEGER": "INT64"}


class Constants:
    """Evaluates expressions in the planner's database."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def number(self, node: exp.Expr, kind: str) -> int | None:
        """Return a constant as an integer, or None if it is NULL or cannot be cast.

        Args:
            node: the constant expression.
            kind: the type to cast it to: DATE, DATETIME, TIMESTAMP or INTEGER.
        """
        cast = exp.cast(node.copy(), exp.DataType.build(_TYPES.get(kind, kind), dialect="bigquery"))
        select = exp.Select(expressions=[exp.alias_(cast, "value")])
        try:
            rows = self._planner.rows(f"SELECT {_NUMBERS[kind]} FROM ({self._translated(select)}) AS constant")
        except (duckdb.Error, ApiError):
            return None
        return None if rows[0][0] is None else int(rows[0][0])

    def chosen(self, suffixes: Sequence[str], test: exp.Expr) -> list[str] | None:
        """Return the suffixes that meet a condition on `_TABLE_SUFFIX`, or None if it cannot be evaluated."""
        values = exp.Array(expressions=[exp.Literal.string(suffix) for suffix in suffixes])
        unnest = exp.Unnest(expressions=[values], alias=exp.TableAlias(columns=[exp.to_identifier(SUFFIX)]))
        select = exp.select(exp.alias_(exp.column(SUFFIX), "suffix")).from_(unnest).where(test.copy())
        try:
            return [row[0] for row in self._planner.rows(self._translated(select))]
        except (duckdb.Error, ApiError):
            return None

    def _translated(self, select: exp.Expr) -> str:
        return render(rewrite_typed(rewrite(select), self._planner))
