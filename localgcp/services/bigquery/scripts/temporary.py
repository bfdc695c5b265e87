"""Temporary tables: each script and session keeps its own in a hidden dataset.

The tables of a session are removed when it ends. Those of a script are kept for a day, or until many scripts later.
"""

import threading
from collections import deque
from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.entry import now_ms
from localgcp.services.bigquery.tables.names import TableName, check_table_id

_KEPT_SCRIPTS = 100
_KEPT_MS = 24 * 3_600_000


class TemporaryTables:
    """Creates and removes the hidden datasets."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._ended: deque[ScriptEnvironment] = deque()

    def declare(self, table: exp.Table, call: QueryCall) -> None:
        """Make a name mean a temporary table from now on.

        Raises:
            ApiError: 400 for a name with a dataset.
        """
        names = call.environment
        if table.db:
            raise invalid_query("CREATE TEMP TABLE cannot name a dataset")
        if names is None or call.is_dry_run:
            raise invalid_query("CREATE TEMP TABLE needs a script that reads the table")
        check_table_id(table.name)
        try:
            self._catalog.datasets.create(names.hidden.project, {"datasetReference": names.hidden.to_json()})
        except ApiError as error:
            if error.reason != "duplicate":
                raise
        names.temporary[table.name.lower()] = TableName(names.hidden.project, names.hidden.dataset, table.name)

    def settings(self, call: QueryCall) -> dict[str, Any]:
        """Return the settings of a temporary table: that of a script has an expiration time."""
        return {"expirationTime": str(now_ms() + _KEPT_MS)} if call.session is None else {}

    def keep(self, names: ScriptEnvironment) -> None:
        """Keep the tables of a script that has ended, and remove those of the oldest script if there are too many."""
        if names.hidden in self._catalog.datasets:
            with self._lock:
                self._ended.append(names)
                oldest = self._ended.popleft() if len(self._ended) > _KEPT_SCRIPTS else None
            if oldest is not None:
                self.drop(oldest)

    def drop(self, names: ScriptEnvironment) -> None:
        """Remove all tables of a script or session that has ended."""
        names.roll_back()
        for name in names.temporary.values():
            self._catalog.delete(name)
        names.temporary.clear()
        # The dataset exists even if all its tables went with a transaction that was rolled back.
        if names.hidden in self._catalog.datasets:
            self._catalog.delete_dataset(names.hidden, with_contents=True)


def is_temporary(statement: exp.Expr) -> bool:
    """Tell whether a statement creates a temporary table or function."""
    properties = statement.args.get("properties") if isinstance(statement, exp.Create) else None
    return properties is not None and any(isinstance(item, exp.TemporaryProperty) for item in properties.expressions)
