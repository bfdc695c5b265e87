"""The clauses PARTITION BY, CLUSTER BY and OPTIONS, converted to settings of the REST API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported

_PARTITION_UNITS = ("HOUR", "DAY", "MONTH", "YEAR")
_PLAIN_OPTIONS = {"description": "description", "friendly_name": "friendlyName"}
_REMOVABLE = {
    **_PLAIN_OPTIONS,
    "labels": "labels",
    "expiration_timestamp": "expirationTime",
    "require_partition_filter": "requirePartitionFilter",
}
# Accepted without effect: localgcp computes a materialized view anew for each query, and encrypts nothing.
_IGNORED = ("enable_refresh", "refresh_interval_minutes", "max_staleness", "kms_key_name", "default_rounding_mode")


def settings_of(statement: exp.Create) -> dict[str, Any]:
    """Return the settings of the table that a CREATE statement creates, as the REST API names them.

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
        elif not isinstance(item, exp.TemporaryProperty | exp.LikeProperty | exp.MaterializedProperty):
            raise unsupported(f"{item.sql('bigquery')} in CREATE")
    return settings | _options(options, settings)


def options_of(node: exp.Expr, settings: dict[str, Any], *, of_schema: bool = False) -> dict[str, Any]:
    """Return the settings in OPTIONS (...), as the REST API names them; None stands for NULL, which removes one.

    Args:
        node: contains the options.
        settings: the settings of the table so far.
        of_schema: whether the options are those of a dataset.

    Raises:
        ApiError: 400 for an option that localgcp does not know.
    """
    options = {
        item.name.lower(): item.args["value"] for item in node.find_all(exp.Property) if type(item) is exp.Property
    }
    if of_schema:
        location = node.find(exp.LocationProperty)
        return _schema_options(options | ({"location": location.this} if location is not None else {}))
    removed = {name for name, value in options.items() if isinstance(value, exp.Null)}
    given = {name: value for name, value in options.items() if name not in removed}
    return {_REMOVABLE[name]: None for name in removed if name in _REMOVABLE} | _options(given, settings)


def _schema_options(options: dict[str, exp.Expr]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name not in _SCHEMA_OPTIONS:
            raise invalid_query(f"Unknown option: {name}")
        key, read = _SCHEMA_OPTIONS[name]
        found[key] = None if isinstance(value, exp.Null) else read(value)
    return found


def _labels(value: exp.Expr) -> dict[str, str]:
    return {pair.expressions[0].name: pair.expressions[1].name for pair in value.expressions}


def _days(value: exp.Expr) -> str:
    return str(int(float(value.name) * 86_400_000))


def _partitioning(expression: exp.Expr) -> dict[str, Any]:
    column = expression.find(exp.Column)
    if isinstance(expression, exp.RangeBucket) or expression.name.upper() == "RANGE_BUCKET":
        # Depth first, so that the bounds come in their order although a minus sign nests one deeper.
        bounds = [_integer(item) for item in expression.find_all(exp.Literal, bfs=False)]
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
            found["labels"] = _labels(value)
        elif name == "expiration_timestamp":
            found["expirationTime"] = str(_milliseconds(value))
        elif name == "require_partition_filter":
            found["requirePartitionFilter"] = value.name.lower() == "true" or bool(value.this)
        elif name == "partition_expiration_days":
            days = {"expirationMs": str(int(float(value.name) * 86_400_000))}
            found["timePartitioning"] = {**settings.get("timePartitioning", {}), **days}
        elif name not in _IGNORED:
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


_SCHEMA_OPTIONS: dict[str, tuple[str, Callable[[exp.Expr], Any]]] = {
    "description": ("description", lambda value: value.name),
    "friendly_name": ("friendlyName", lambda value: value.name),
    "location": ("location", lambda value: value.name),
    "labels": ("labels", _labels),
    "default_table_expiration_days": ("defaultTableExpirationMs", _days),
    "default_partition_expiration_days": ("defaultPartitionExpirationMs", _days),
    "max_time_travel_hours": ("maxTimeTravelHours", lambda value: value.name),
    "storage_billing_model": ("storageBillingModel", lambda value: value.name),
    "is_case_insensitive": ("isCaseInsensitive", lambda value: bool(value.this)),
}
