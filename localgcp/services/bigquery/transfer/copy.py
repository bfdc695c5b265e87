"""Copy jobs: write the rows of tables or partitions into another table."""

from collections.abc import Sequence
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName, decorated
from localgcp.services.bigquery.tables.schema_updates import SchemaUpdates, schema_after
from localgcp.services.bigquery.transfer.sink import Sink, Target, in_partition
from localgcp.services.bigquery.types.schema import quote


class Copier:
    """Does the work of copy jobs."""

    def __init__(self, catalog: Catalog, sink: Sink) -> None:
        self._catalog = catalog
        self._sink = sink

    def run(self, copy: dict[str, Any], project: str, cursor: Cursor) -> int:
        """Write the rows of the sources into the destination, and return how many there are.

        Args:
            copy: `configuration.copy` of a job.

        Raises:
            ApiError: the error that the job fails with.
        """
        sources = copy.get("sourceTables") or [copy.get("sourceTable") or {}]
        if copy.get("operationType") in ("SNAPSHOT", "RESTORE"):
            raise invalid_argument(f"localgcp does not support the operationType {copy['operationType']}.")
        parts = [decorated(raw, project) for raw in sources]
        entries = [self._catalog.get(name) for name, _ in parts]
        for entry in entries:
            if entry.view is not None:
                raise invalid_argument(f"{entry.name} is a view, which a copy job cannot read. Write a query's result.")
        for entry in entries[1:]:
            # All sources of a copy must have one schema.
            schema_after(entry.name, entry.fields, entries[0].fields, SchemaUpdates())
            schema_after(entries[0].name, entries[0].fields, entry.fields, SchemaUpdates())
        name, partition = decorated(copy.get("destinationTable") or {}, project)
        fields = entries[0].fields
        keeps_times = not partition and self._both_have_times(entries, name)
        if keeps_times:
            fields = entries[0].stored_fields
        names = ", ".join(quote(field.name) for field in fields)
        select = " UNION ALL ".join(
            f"SELECT {names} FROM {quote(entry.physical)}" + (f" WHERE {in_partition(entry, source)}" if source else "")
            for entry, (_, source) in zip(entries, parts, strict=True)
        )
        target = Target(
            name=name,
            partition=partition,
            keeps_times=keeps_times,
            create=copy.get("createDisposition") or "CREATE_IF_NEEDED",
            write=copy.get("writeDisposition") or "WRITE_EMPTY",
            settings=entries[0].settings | _encryption(copy),
        )
        return self._sink.write(target, entries[0].fields, select, cursor)

    def _both_have_times(self, sources: Sequence[TableEntry], target: TableName) -> bool:
        """Tell whether sources and target are partitioned by ingestion time, so that rows keep their partitions."""
        existing = self._catalog.find(target)
        tables = [*sources, *([existing] if existing is not None else [])]
        return all(len(entry.stored_fields) > len(entry.fields) for entry in tables)


def _encryption(copy: dict[str, Any]) -> dict[str, Any]:
    key = copy.get("destinationEncryptionConfiguration")
    return {"encryptionConfiguration": key} if key else {}
