"""`tabledata.insertAll`: rows of a request into a table, or into a table made from a template."""

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
        """Return the table that a `templateSuffix` names, and make it with the template's schema if it is missing.

        Raises:
            ApiError: 404 for the template, 400 for a name that no table can have.
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
            rows: the entries of `rows`, each with `json` and maybe `insertId`.
            skip_invalid: valid rows are appended although others are invalid.
            ignore_unknown: values of fields that the table does not have are left out.
            partition: the partition that the rows go to, as in `20240131`; empty means the one of their values or time.

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
