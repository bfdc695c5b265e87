"""CURRENT_TIMESTAMP and similar functions: the time of the server's clock, which can be ahead of the machine's."""

from datetime import datetime

from sqlglot import exp

from localgcp.core.state.clock import CLOCK
from localgcp.services.bigquery.dialect.nodes import call

_KINDS: dict[type[exp.Expr], str] = {
    exp.CurrentTimestamp: "TIMESTAMPTZ",
    exp.CurrentDatetime: "TIMESTAMP",
    exp.CurrentDate: "DATE",
    exp.CurrentTime: "TIME",
}


def put_current_time(statement: exp.Expr) -> None:
    """Replace these functions in a statement by the current time, the same for all of them."""
    moment = CLOCK.utc()
    for node in list(statement.find_all(*_KINDS)):
        node.replace(_at(moment, node.this, _KINDS[type(node)]))


def _at(moment: datetime, zone: exp.Expr | None, kind: str) -> exp.Expr:
    literal = exp.Literal.string(f"{moment:%Y-%m-%d %H:%M:%S.%f}")
    if kind == "TIMESTAMPTZ":
        return exp.cast(literal, kind, dialect="duckdb")
    local: exp.Expr = exp.cast(literal, "TIMESTAMP", dialect="duckdb")
    if zone is not None:
        # DuckDB's function returns the local time of a zone.
        local = call("timezone", zone.copy(), exp.cast(literal, "TIMESTAMPTZ", dialect="duckdb"))
    return exp.cast(local, kind, dialect="duckdb")
