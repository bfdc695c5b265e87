"""BigQuery v2 over HTTP: datasets, tables and their data. Jobs are in job_routes.py."""

from typing import Any

from localgcp.core.conventions.errors import condition_not_met
from localgcp.core.conventions.paging import page
from localgcp.core.http.routing import Handler, Reply, Request, Service
from localgcp.services.bigquery.job_routes import JobRoutes
from localgcp.services.bigquery.jobs.row_pages import page_bounds, page_token
from localgcp.services.bigquery.routines.routes import RoutineRoutes
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.bigquery.tables.names import DatasetName, TableName, check_dataset_id, check_table_id, decorated
from localgcp.services.bigquery.tables.resources import schema_json, table_item, table_json
from localgcp.services.bigquery.transfer.sink import in_partition
from localgcp.services.bigquery.types.cells import encode_rows

_LIST_LIMIT = 1_000


def service(store: BigQueryStore) -> Service:
    """Return the API."""
    routes = _Routes(store)
    handlers: dict[str, Handler] = {
        "bigquery.datasets.insert": routes.insert_dataset,
        "bigquery.datasets.get": routes.get_dataset,
        "bigquery.datasets.list": routes.list_datasets,
        "bigquery.datasets.patch": routes.change_dataset,
        "bigquery.datasets.update": routes.change_dataset,
        "bigquery.datasets.delete": routes.delete_dataset,
        "bigquery.tables.insert": routes.insert_table,
        "bigquery.tables.get": routes.get_table,
        "bigquery.tables.list": routes.list_tables,
        "bigquery.tables.patch": routes.change_table,
        "bigquery.tables.update": routes.change_table,
        "bigquery.tables.delete": routes.delete_table,
        "bigquery.tabledata.list": routes.list_rows,
        "bigquery.tabledata.insertAll": routes.insert_rows,
    }
    handlers |= JobRoutes(store).handlers() | RoutineRoutes(store.catalog, store.project).handlers()
    return Service(api="bigquery", version="v2", handlers=handlers, streams_uploads=True, stop=store.stop)


def dataset_name(request: Request) -> DatasetName:
    """Return the dataset that a path names."""
    check_dataset_id(request.params["datasetId"])
    return DatasetName(request.params["projectId"], request.params["datasetId"])


def table_name(request: Request) -> TableName:
    """Return the table that a path names."""
    parent = dataset_name(request)
    check_table_id(request.params["tableId"])
    return TableName(parent.project, parent.dataset, request.params["tableId"])


def partition_name(request: Request) -> tuple[TableName, str]:
    """Return the table that a path names, and its partition as in `table$20240131`."""
    parent = dataset_name(request)
    return decorated({**parent.to_json(), "tableId": request.params["tableId"]})


def _check_etag(request: Request, resource: dict[str, Any]) -> None:
    wanted = request.headers.get("if-match")
    if wanted and wanted not in ("*", resource["etag"]):
        raise condition_not_met(f"Precondition check failed: the etag is {resource['etag']}, not {wanted}.")


class _Routes:
    def __init__(self, store: BigQueryStore) -> None:
        self._store = store
        self._catalog = store.catalog

    def insert_dataset(self, request: Request) -> dict[str, Any]:
        return self._catalog.datasets.create(request.params["projectId"], request.json())

    def get_dataset(self, request: Request) -> dict[str, Any]:
        return self._catalog.datasets.get(dataset_name(request))

    def list_datasets(self, request: Request) -> dict[str, Any]:
        items, token = _page(self._catalog.datasets.of_project(request.params["projectId"]), request)
        shown = ("kind", "id", "datasetReference", "labels", "friendlyName", "location")
        datasets = [{key: item[key] for key in shown if key in item} for item in items]
        return {"kind": "bigquery#datasetList", "datasets": datasets, **token}

    def change_dataset(self, request: Request) -> dict[str, Any]:
        name = dataset_name(request)
        _check_etag(request, self._catalog.datasets.get(name))
        return self._catalog.datasets.change(name, request.json(), replace_all=request.verb == "PUT")

    def delete_dataset(self, request: Request) -> Reply:
        self._catalog.delete_dataset(dataset_name(request), with_contents=request.flag("deleteContents"))
        return Reply(status=204)

    def insert_table(self, request: Request) -> dict[str, Any]:
        body = request.json()
        parent = dataset_name(request)
        name = TableName.from_json({**parent.to_json(), **body.get("tableReference", {})})
        return table_json(self._store.definitions.create(name, body), self._store.sizes)

    def get_table(self, request: Request) -> dict[str, Any]:
        name, partition = partition_name(request)
        if name.dataset.startswith("_") and (fields := self._store.reads.result_fields(name)) is not None:
            return {
                "kind": "bigquery#table",
                "id": str(name),
                "tableReference": name.to_json(),
                "type": "TABLE",
                "schema": schema_json(fields),
                "location": "US",
            }
        entry = self._catalog.get(name)
        if partition:
            in_partition(entry, partition)
        return table_json(entry, self._store.sizes, partition)

    def list_tables(self, request: Request) -> dict[str, Any]:
        name = dataset_name(request)
        self._catalog.datasets.get(name)
        entries = self._catalog.tables(name)
        items, token = _page(entries, request)
        tables = [table_item(entry) for entry in items]
        return {"kind": "bigquery#tableList", "tables": tables, "totalItems": len(entries), **token}

    def change_table(self, request: Request) -> dict[str, Any]:
        name = table_name(request)
        if request.headers.get("if-match"):
            _check_etag(request, table_json(self._catalog.get(name), self._store.sizes))
        entry = self._store.definitions.change(name, request.json(), replace_all=request.verb == "PUT")
        return table_json(entry, self._store.sizes)

    def delete_table(self, request: Request) -> Reply:
        name, partition = partition_name(request)
        if partition:
            self._store.sink.delete_partition(name, partition)
            return Reply(status=204)
        self._catalog.get(name)
        with self._catalog.writing(name):
            self._catalog.delete(name)
        return Reply(status=204)

    def list_rows(self, request: Request) -> dict[str, Any]:
        columns = [name for name in (request.one("selectedFields") or "").split(",") if name]
        start, count = page_bounds(request)
        name, partition = partition_name(request)
        fields, rows, total = self._store.reads.rows(name, start, count, columns, partition)
        int64 = request.flag("formatOptions.useInt64Timestamp")
        return {
            "kind": "bigquery#tableDataList",
            "totalRows": str(total),
            "rows": encode_rows(rows, fields, int64_timestamps=int64),
            **page_token(start + rows.num_rows, total),
        }

    def insert_rows(self, request: Request) -> dict[str, Any]:
        body = request.json()
        name, partition = partition_name(request)
        if body.get("templateSuffix"):
            name = self._store.streaming.table_of(name, body["templateSuffix"])
        errors = self._store.streaming.insert(
            name,
            body.get("rows") or (),
            skip_invalid=bool(body.get("skipInvalidRows")),
            ignore_unknown=bool(body.get("ignoreUnknownValues")),
            partition=partition,
        )
        return {"kind": "bigquery#tableDataInsertAllResponse", **({"insertErrors": errors} if errors else {})}


def _page(items: list[Any], request: Request) -> tuple[Any, dict[str, str]]:
    size = request.one("maxResults")
    found, token = page(items, int(size) if size else None, request.one("pageToken"), limit=_LIST_LIMIT)
    return found, {"nextPageToken": token} if token else {}
