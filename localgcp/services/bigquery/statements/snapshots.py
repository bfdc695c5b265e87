"""CREATE and DROP SNAPSHOT TABLE, which sqlglot does not parse, converted to statements that it parses."""

import re

from sqlglot import exp

from localgcp.services.bigquery.errors.query import unsupported
from localgcp.services.bigquery.parsing.statements import parse

_CREATE = re.compile(
    r"\s*(OR\s+REPLACE\s+)?SNAPSHOT\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(\S+)\s+CLONE\s+(\S+)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(r"\s*SNAPSHOT\s+(TABLE\s.*)", re.IGNORECASE | re.DOTALL)
_TIME_TRAVEL = re.compile(r"\bCLONE\s+\S+\s+FOR\s+SYSTEM_TIME\s+AS\s+OF\b", re.IGNORECASE)
IS_SNAPSHOT = "is_snapshot"


def parsed_snapshot(statement: exp.Command) -> exp.Expr:
    """Return CREATE or DROP SNAPSHOT TABLE as a marked CREATE or DROP TABLE; return other commands as they are.

    Raises:
        ApiError: 400 for FOR SYSTEM_TIME AS OF.
    """
    text = str(statement.args["expression"])
    if _TIME_TRAVEL.search(text):
        raise unsupported("FOR SYSTEM_TIME AS OF")
    if match := _CREATE.fullmatch(text):
        (made,) = parse(f"CREATE {match[1] or ''}TABLE {match[2] or ''}{match[3]} {match[5] or ''}")
        (source,) = parse(f"SELECT * FROM {match[4]}")
        table = source.find(exp.Table)
        made.set("clone", exp.Clone(this=table))
    elif match := _DROP.fullmatch(text):
        (made,) = parse(f"DROP {match[1]}")
    else:
        return statement
    made.meta[IS_SNAPSHOT] = True
    return made
