"""`tabledata.insertAll`: appends the rows of a request to a table, or to one created from a template."""

from collections.abc import Sequence
from typing import Any

from localgcp.services.bigquery.engine import Engine
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import TableName, check_table_id
from localgcp.services.bigquery.transfer.insert_rows import InsertIds, RowInsert


class StreamingInserts:
    """Appends the rows of requests to tables."""

    def __init__(self, catalog: Catalog, engine: Engine) -> None:
        self._catalog = catalog
        self._engine = engine
        self._seen = InsertIds()

    def table_of(self, template: TableName, suffix: str) -> TableName:
        """Return the table that a `templateSuffix` names; if it is missing, create it with the template's schema.

        Raises:
            ApiError: 404 for the template, 400 for an invalid name of the table or of a field.
        """
        base = self._catalog.get(template)
        check_table_id(f"{template.table}{suffix}")
        name = TableName(template.project, template.dataset, f"{template.table}{suffix}")
        with self._catalog.writing(name):
            if self._catalog.find(name) is None:
                self._catalog.create(name, base.fields, base.settings)
        return name

    def insert(
        self,
        name: TableName,
        rows: Sequence[dict[str, Any]],
        *,
        skip_invalid: bool,
        ignore_unknown: bool,
        partition: str = "",
    ) -> list[dict[str, Any]]:
        """Append JSON rows and return the `insertErrors`.

        Args:
            name: the table.
            rows: the entries of `rows`, each with `json` and an optional `insertId`.
            skip_invalid: append the valid rows although others are invalid.
            ignore_unknown: leave out values of fields that the table does not have.
            partition: the partition for the rows, as in `20240131`; empty lets their values or the time decide.

        Raises:
            ApiError: 404 for the table, 400 for a view or a partition that the table cannot have.
        """
        with self._catalog.writing(name, appends=True), self._engine.reading() as cursor:
            entry = self._catalog.get(name)
            insert = RowInsert(
                entry=entry,
                cursor=cursor,
                seen=self._seen,
                skips_invalid=skip_invalid,
                ignores_unknown=ignore_unknown,
                partition=partition,
            )
            errors = insert.run(rows)
            if not errors or skip_invalid:
                self._catalog.touch(entry)
                self._catalog.streamed_ms[name] = now_ms()
        return errors
