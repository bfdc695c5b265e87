"""Settings of tables and datasets: what BigQuery refuses, and the defaults that a table takes from its dataset."""

from collections.abc import Sequence
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.tables.partitioning import partitioning_of
from localgcp.services.bigquery.types.schema import Field

_UNITS = ("HOUR", "DAY", "MONTH", "YEAR")
_MOST_CLUSTERING = 4
_MOST_PARTITIONS = 10_000
_NOT_FOR_CLUSTERING = ("RECORD", "FLOAT", "BYTES", "TIME", "JSON", "INTERVAL")
_PARTITIONINGS = ("timePartitioning", "rangePartitioning")
# The parts of a partitioning that may change.
_FREE = ("expirationMs", "requirePartitionFilter")


def check_settings(settings: dict[str, Any], fields: Sequence[Field]) -> None:
    """Refuse a partitioning or clustering that does not fit the schema.

    Raises:
        ApiError: 400 naming the field.
    """
    by_name = {field.name.lower(): field for field in fields}
    time, ranges = settings.get("timePartitioning"), settings.get("rangePartitioning")
    if time is not None and ranges is not None:
        raise invalid_argument("Cannot specify both timePartitioning and rangePartitioning.")
    if time is not None:
        _check_time(time, by_name)
    if ranges is not None:
        _check_ranges(ranges, by_name)
    if settings.get("requirePartitionFilter") and time is None and ranges is None:
        raise invalid_argument("requirePartitionFilter can only be set for partitioned tables.")
    if settings.get("clustering") is not None:
        _check_clustering(settings["clustering"].get("fields") or (), by_name)


def _check_time(raw: dict[str, Any], by_name: dict[str, Field]) -> None:
    unit = str(raw.get("type") or "").upper()
    if not unit:
        raise invalid_argument("Required parameter is missing: timePartitioning.type", "required")
    if unit not in _UNITS:
        raise invalid_argument(
            f"Invalid value for timePartitioning.type: {raw['type']} is not one of {', '.join(_UNITS)}."
        )
    if raw.get("expirationMs") is not None and int(raw["expirationMs"]) <= 0:
        raise invalid_argument(f"Invalid value for timePartitioning.expirationMs: {raw['expirationMs']}, expected > 0.")
    if not raw.get("field"):
        return
    field = _partition_field(raw["field"], by_name)
    if field.type not in ("TIMESTAMP", "DATE", "DATETIME"):
        raise invalid_argument(
            "The field specified for time partitioning can only be of type TIMESTAMP, DATE or DATETIME. "
            f"The type found is: {field.type}."
        )
    if field.type == "DATE" and unit == "HOUR":
        raise invalid_argument(f"A table cannot be partitioned by HOUR on the DATE field {field.name}.")


def _check_ranges(raw: dict[str, Any], by_name: dict[str, Field]) -> None:
    field = _partition_field(raw.get("field") or "", by_name)
    if field.type != "INTEGER":
        raise invalid_argument(
            f"The field specified for range partitioning can only be of type INTEGER. The type found is: {field.type}."
        )
    limits = raw.get("range") or {}
    for name in ("start", "end", "interval"):
        if limits.get(name) is None:
            raise invalid_argument(f"Required parameter is missing: rangePartitioning.range.{name}", "required")
    start, end, interval = (int(limits[name]) for name in ("start", "end", "interval"))
    if interval <= 0 or start >= end:
        raise invalid_argument(
            f"Invalid rangePartitioning.range: start {start} must lie below end {end}, and interval {interval} above 0."
        )
    if (count := -(-(end - start) // interval)) > _MOST_PARTITIONS:
        raise invalid_argument(f"rangePartitioning.range has {count} partitions; at most {_MOST_PARTITIONS} may be.")


def _partition_field(name: str, by_name: dict[str, Field]) -> Field:
    field = by_name.get(name.lower())
    if field is None:
        raise invalid_argument(f"The field specified for partitioning cannot be found in the schema. Field: {name}")
    if field.mode == "REPEATED":
        raise invalid_argument(f"The field specified for partitioning cannot be REPEATED. Field: {name}")
    return field


def _check_clustering(names: Sequence[str], by_name: dict[str, Field]) -> None:
    if len(names) > _MOST_CLUSTERING:
        raise invalid_argument(f"Too many clustering fields: {len(names)}, at most {_MOST_CLUSTERING} may be given.")
    for name in names:
        field = by_name.get(name.lower())
        if field is None:
            raise invalid_argument(f"The field specified for clustering cannot be found in the schema. Field: {name}")
        if field.mode == "REPEATED" or field.type in _NOT_FOR_CLUSTERING:
            raise invalid_argument(f"Field {name} of type {field.standard_type} cannot be used for clustering.")


def check_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Refuse settings that would change how the table is partitioned.

    Raises:
        ApiError: 400.
    """
    before, after = _specification(old), _specification(new)
    if before != after:
        raise invalid_argument(
            "Incompatible table partitioning specification. Expects partitioning specification "
            f"{before}, but input partitioning specification is {after}"
        )


def keeps_partitioning(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the new settings; if they do not mention partitioning, with that of the old settings."""
    if any(new.get(key) is not None for key in _PARTITIONINGS):
        return new
    kept = {key: old[key] for key in _PARTITIONINGS if old.get(key) is not None}
    return {**new, **{key: {name: raw[name] for name in raw if name not in _FREE} for key, raw in kept.items()}}


def names_partitioning(settings: dict[str, Any]) -> bool:
    """Tell whether settings mention partitioning."""
    return any(settings.get(key) is not None for key in _PARTITIONINGS)


def _specification(settings: dict[str, Any]) -> str:
    if (time := settings.get("timePartitioning")) is not None:
        field = f",field:{time['field']}" if time.get("field") else ""
        return f"interval(type:{str(time.get('type') or 'DAY').lower()}{field})"
    if (ranges := settings.get("rangePartitioning")) is not None:
        limits = ranges.get("range") or {}
        numbers = ",".join(f"{name}:{limits.get(name)}" for name in ("start", "end", "interval"))
        return f"range(field:{ranges.get('field')},{numbers})"
    return "none"


def with_defaults(
    settings: dict[str, Any], fields: Sequence[Field], dataset: dict[str, Any], made_ms: int
) -> dict[str, Any]:
    """Return the settings of a new table with the default expirations of its dataset."""
    partitioning = partitioning_of(settings, tuple(fields))
    default = int(dataset.get("defaultPartitionExpirationMs") or 0)
    if partitioning is not None and partitioning.unit and (default or partitioning.expiration_ms):
        time = {"expirationMs": str(default), **settings["timePartitioning"]}
        return {**settings, "timePartitioning": time}
    lifetime = int(dataset.get("defaultTableExpirationMs") or 0)
    return {"expirationTime": str(made_ms + lifetime), **settings} if lifetime else settings


def check_dataset(settings: dict[str, Any]) -> None:
    """Refuse a default expiration of less than an hour.

    Raises:
        ApiError: 400.
    """
    lifetime = int(settings.get("defaultTableExpirationMs") or 0)
    if lifetime and lifetime < 3_600_000:
        raise invalid_argument(
            f"Invalid value for defaultTableExpirationMs: {lifetime}. The minimum value is 3600000 milliseconds."
        )
