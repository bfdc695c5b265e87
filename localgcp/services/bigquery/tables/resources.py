"""Tables as resources of the REST API."""

from collections.abc import Sequence
from typing import Any

from localgcp.services.bigquery.tables.entry import TableEntry, etag
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.types.schema import Field


def schema_json(fields: Sequence[Field]) -> dict[str, Any]:
    """Return fields as a `TableSchema`."""
    return {"fields": [item.to_json() for item in fields]}


def table_json(entry: TableEntry, sizes: Sizes, partition: str = "") -> dict[str, Any]:
    """Return the `Table` of a table or view, or of one partition of a table."""
    resource = {**table_item(entry), "schema": schema_json(entry.fields), "location": entry.location}
    resource["lastModifiedTime"] = str(entry.modified_ms)
    if "materializedView" in entry.settings:
        resource |= {"numRows": "0", "numBytes": "0"}
    elif entry.view is not None:
        resource["view"] = {"useLegacySql": False, **entry.view}
    else:
        counts = sizes.partition(entry, partition) if partition else (sizes.row_count(entry), sizes.table_bytes(entry))
        rows, size = map(str, counts)
        resource |= {"numRows": rows, "numBytes": size, "numLongTermBytes": "0", "numTotalLogicalBytes": size}
        if entry.partitioning is not None:
            resource["numPartitions"] = str(len(sizes.partitions(entry)))
    if partition:
        name = f"{entry.name.table}${partition}"
        resource |= {"id": f"{entry.name}${partition}", "tableReference": {**entry.name.to_json(), "tableId": name}}
    return {**resource, "etag": etag(resource)}


def table_type(entry: TableEntry) -> str:
    """Return the `type` of a table: TABLE, VIEW, MATERIALIZED_VIEW or SNAPSHOT."""
    if "materializedView" in entry.settings:
        return "MATERIALIZED_VIEW"
    if "snapshotDefinition" in entry.settings:
        return "SNAPSHOT"
    return "VIEW" if entry.view is not None else "TABLE"


def table_item(entry: TableEntry) -> dict[str, Any]:
    """Return the entry of a table in `tables.list`."""
    return {
        "kind": "bigquery#table",
        "id": str(entry.name),
        "tableReference": entry.name.to_json(),
        "type": table_type(entry),
        "creationTime": str(entry.created_ms),
        **entry.settings,
    }
