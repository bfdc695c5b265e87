"""Extract jobs: write a table, or one of its partitions, to files."""

from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.names import decorated
from localgcp.services.bigquery.tables.sizes import Sizes
from localgcp.services.bigquery.transfer.export import Exporter, extract_options
from localgcp.services.bigquery.transfer.sink import in_partition
from localgcp.services.bigquery.types.schema import quote


class Extractor:
    """Does the work of extract jobs."""

    def __init__(self, catalog: Catalog, exporter: Exporter, sizes: Sizes) -> None:
        self._catalog = catalog
        self._exporter = exporter
        self._sizes = sizes

    def run(self, extract: dict[str, Any], project: str, cursor: Cursor) -> dict[str, Any]:
        """Write the rows of a table, and return the job's counts.

        Args:
            extract: `configuration.extract` of a job.

        Raises:
            ApiError: the error that the job fails with.
        """
        uris = extract.get("destinationUris") or ([extract["destinationUri"]] if extract.get("destinationUri") else [])
        if not uris or extract.get("sourceModel"):
            raise invalid_argument(
                "An extract job needs sourceTable and destinationUris; localgcp does not extract models."
            )
        name, partition = decorated(extract.get("sourceTable") or {}, project)
        entry = self._catalog.get(name)
        if entry.view is not None:
            raise invalid_argument(f"{entry.name} is a view, which an extract job cannot read. Use EXPORT DATA.")
        names = ", ".join(quote(field.name) for field in entry.fields)
        where = f" WHERE {in_partition(entry, partition)}" if partition else ""
        select = f"SELECT {names} FROM {quote(entry.physical)}{where}"
        files = self._exporter.run_all(select, entry.fields, [extract_options(extract, uri) for uri in uris], cursor)
        return {
            "destinationUriFileCounts": [str(count) for count in files],
            "inputBytes": str(self._sizes.table_bytes(entry)),
        }
