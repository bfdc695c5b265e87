"""The methods `routines.*` and `projects.*` of BigQuery v2 over HTTP."""

from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.paging import page
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.names import DatasetName, check_dataset_id
from localgcp.services.bigquery.tables.routines import RoutineName

_LIST_LIMIT = 1_000
_LISTED = ("routineReference", "routineType", "language", "creationTime", "lastModifiedTime", "etag")


class RoutineRoutes:
    """The handlers of the methods of routines and projects."""

    def __init__(self, catalog: Catalog, project: str) -> None:
        self._catalog = catalog
        self._routines = catalog.routines
        self._project = project

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "bigquery.routines.insert": self.insert,
            "bigquery.routines.get": lambda request: self._routines.get(self._name(request)),
            "bigquery.routines.list": self.list,
            "bigquery.routines.update": self.update,
            "bigquery.routines.delete": self.delete,
            "bigquery.projects.list": self.projects,
            "bigquery.projects.getServiceAccount": self.service_account,
        }

    def _parent(self, request: Request) -> DatasetName:
        check_dataset_id(request.params["datasetId"])
        name = DatasetName(request.params["projectId"], request.params["datasetId"])
        self._catalog.datasets.get(name)
        return name

    def _name(self, request: Request) -> RoutineName:
        parent = self._parent(request)
        return RoutineName(parent.project, parent.dataset, request.params["routineId"])

    def insert(self, request: Request) -> dict[str, Any]:
        """Create a routine."""
        parent, body = self._parent(request), request.json()
        routine = (body.get("routineReference") or {}).get("routineId")
        if not routine:
            raise invalid_argument("Required parameter is missing: routineReference.routineId", "required")
        return self._routines.put(RoutineName(parent.project, parent.dataset, routine), body, replaces=False)

    def update(self, request: Request) -> dict[str, Any]:
        """Replace a routine."""
        name = self._name(request)
        self._routines.get(name)
        wanted = request.headers.get("if-match", "")
        return self._routines.put(name, request.json(), replaces=True, wanted_etag=wanted)

    def list(self, request: Request) -> dict[str, Any]:
        """List the routines of a dataset."""
        size = request.one("maxResults")
        found = self._routines.of_dataset(self._parent(request))
        items, token = page(found, int(size) if size else None, request.one("pageToken"), limit=_LIST_LIMIT)
        listed = [{key: item[key] for key in _LISTED if key in item} for item in items]
        return {"routines": listed, **({"nextPageToken": token} if token else {})}

    def delete(self, request: Request) -> Reply:
        """Remove a routine."""
        self._routines.delete(self._name(request))
        return Reply(status=204)

    def projects(self, _request: Request) -> dict[str, Any]:
        """List projects: localgcp has the one that clients are told to use."""
        project = {
            "kind": "bigquery#project",
            "id": self._project,
            "numericId": "1",
            "projectReference": {"projectId": self._project},
            "friendlyName": self._project,
        }
        return {"kind": "bigquery#projectList", "projects": [project], "totalItems": 1}

    def service_account(self, request: Request) -> dict[str, Any]:
        """Return the service account that BigQuery would encrypt with."""
        email = f"bq-1@bigquery-encryption.{request.params['projectId']}.localhost"
        return {"kind": "bigquery#getServiceAccountResponse", "email": email}
