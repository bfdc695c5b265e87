"""The clauses of CREATE statements that are kept as metadata: PARTITION BY, CLUSTER BY, OPTIONS and column lists."""

from datetime import datetime
from typing import Any

from sqlglot import exp

from localgcp.bigquery.query_errors import invalid_query, unsupported
from localgcp.bigquery.schema import Field, parse_fields

_PARTITION_UNITS = ("HOUR", "DAY", "MONTH", "YEAR")
_PLAIN_OPTIONS = {"description": "description", "friendly_name": "friendlyName"}


def settings_of(statement: exp.Create) -> dict[str, Any]:
    """Return the settings of the table that a CREATE statement makes, as the REST API names them.

    Raises:
        ApiError: 400 for an option that localgcp does not know.
    """
    settings: dict[str, Any] = {}
    properties = statement.args.get("properties")
    options: dict[str, exp.Expr] = {}
    for item in properties.expressions if properties else ():
        if isinstance(item, exp.PartitionedByProperty):
            settings |= _partitioning(item.this)
        elif isinstance(item, exp.Cluster | exp.ClusterProperty if hasattr(exp, "ClusterProperty") else exp.Cluster):
            settings["clustering"] = {"fields": [column.name for column in item.expressions]}
        elif isinstance(item, exp.Property) and type(item) is exp.Property:
            options[item.name.lower()] = item.args["value"]
        elif not isinstance(item, exp.TemporaryProperty):
            raise unsupported(f"{item.sql('bigquery')} in CREATE")
    return settings | _options(options, settings)


def _partitioning(expression: exp.Expr) -> dict[str, Any]:
    column = expression.find(exp.Column)
    if isinstance(expression, exp.RangeBucket) or expression.name.upper() == "RANGE_BUCKET":
        bounds = [_integer(item) for item in expression.find_all(exp.Literal)]
        start, end, step = (*bounds, 1)[:3]
        return {
            "rangePartitioning": {
                "field": column.name if column else "",
                "range": {"start": str(start), "end": str(end), "interval": str(step)},
            }
        }
    unit = expression.text("unit").upper() or "DAY"
    if unit not in _PARTITION_UNITS:
        raise invalid_query(
            f"PARTITION BY expression must be a column, DATE(column) or a truncation to {', '.join(_PARTITION_UNITS)}."
        )
    name = column.name if column is not None else expression.name
    is_ingestion_time = name.upper() in ("_PARTITIONDATE", "_PARTITIONTIME", "")
    return {"timePartitioning": {"type": unit, **({} if is_ingestion_time else {"field": name})}}


def _integer(literal: exp.Literal) -> int:
    value = int(literal.name)
    return -value if isinstance(literal.parent, exp.Neg) else value


def _options(options: dict[str, exp.Expr], settings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in _PLAIN_OPTIONS:
            found[_PLAIN_OPTIONS[name]] = value.name
        elif name == "labels":
            found["labels"] = {pair.expressions[0].name: pair.expressions[1].name for pair in value.expressions}
        elif name == "expiration_timestamp":
            found["expirationTime"] = str(_milliseconds(value))
        elif name == "require_partition_filter":
            found["requirePartitionFilter"] = value.name.lower() == "true" or bool(value.this)
        elif name == "partition_expiration_days":
            days = {"expirationMs": str(int(float(value.name) * 86_400_000))}
            found["timePartitioning"] = {**settings.get("timePartitioning", {}), **days}
        else:
            raise invalid_query(f"Unknown option: {name}")
    return found


def _milliseconds(value: exp.Expr) -> int:
    literal = value.this if isinstance(value, exp.Cast) else value
    try:
        moment = datetime.fromisoformat(literal.name.replace(" UTC", "+00:00"))
    except ValueError as error:
        raise unsupported(
            f"expiration_timestamp = {value.sql('bigquery')}; "
            "give a TIMESTAMP literal such as TIMESTAMP '2030-01-01 00:00:00+00'"
        ) from error
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{moment.isoformat()}+00:00")
    return int(moment.timestamp() * 1000)


def fields_of(schema: exp.Schema) -> tuple[Field, ...]:
    """Return the columns of CREATE TABLE's column list.

    Raises:
        ApiError: 400 for a type that localgcp does not know.
    """
    return parse_fields([_field(item) for item in schema.expressions if isinstance(item, exp.ColumnDef)])


def field_of(kind: exp.DataType) -> Field:
    """Return a column of a type of GoogleSQL.

    Raises:
        ApiError: 400 for a type that localgcp does not know.
    """
    return Field.from_json({"name": "value", **_type(kind)})


def _field(column: exp.ColumnDef) -> dict[str, Any]:
    raw: dict[str, Any] = {"name": column.name, **_type(column.args["kind"])}
    for constraint in column.args.get("constraints") or ():
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.NotNullColumnConstraint):
            raw["mode"] = "REQUIRED"
        elif isinstance(kind, exp.Properties):
            raw |= {item.name: item.args["value"].name for item in kind.expressions if item.name == "description"}
    return raw


def _type(kind: exp.DataType) -> dict[str, Any]:
    if kind.is_type("array"):
        return {**_type(kind.expressions[0]), "mode": "REPEATED"}
    if kind.is_type("struct"):
        return {"type": "RECORD", "fields": [_field(item) for item in kind.expressions]}
    # Without its parameters: STRING(10) is a STRING.
    return {"type": exp.DataType(this=kind.this).sql("bigquery")}


def export_options(statement: exp.Export) -> dict[str, Any]:
    """Return the OPTIONS of EXPORT DATA by lower-case name."""
    properties = statement.args.get("options")
    found: dict[str, Any] = {}
    for item in properties.expressions if properties else ():
        if isinstance(item, exp.FileFormatProperty):
            found["format"] = item.name
        else:
            value = item.args["value"]
            found[item.name.lower()] = bool(value.this) if isinstance(value, exp.Boolean) else value.name
    return found
