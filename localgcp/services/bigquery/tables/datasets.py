"""The datasets of one server, as resources of the REST API."""

from typing import Any

from localgcp.core.conventions.errors import already_exists
from localgcp.core.http.context import Context
from localgcp.services.bigquery.tables.checks import check_dataset
from localgcp.services.bigquery.tables.commits import Commits
from localgcp.services.bigquery.tables.entry import etag, merged_settings, now_ms
from localgcp.services.bigquery.tables.names import DatasetName, check_dataset_id

_SETTINGS = (
    "access",
    "defaultEncryptionConfiguration",
    "defaultPartitionExpirationMs",
    "defaultTableExpirationMs",
    "description",
    "friendlyName",
    "labels",
    "maxTimeTravelHours",
    "storageBillingModel",
    "resourceTags",
    "isCaseInsensitive",
    "defaultCollation",
    "defaultRoundingMode",
)


class Datasets:
    """Creates, changes, lists and removes datasets."""

    def __init__(self, context: Context, commits: Commits) -> None:
        self._lock = context.state.lock
        self._stored = context.state.collection("bigquery.datasets")
        self._stored.records(_readable)
        self._commits = commits

    def create(self, project: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create a dataset from a `Dataset` resource.

        Raises:
            ApiError: 400 for the id or a setting, 409 if it exists.
        """
        reference = body.get("datasetReference", {})
        name = DatasetName(reference.get("projectId") or project, reference.get("datasetId", ""))
        check_dataset_id(name.dataset)
        with self._lock:
            if str(name) in self._stored:
                raise already_exists(f"Already Exists: Dataset {name}")
            made = str(now_ms())
            settings = {key: body[key] for key in _SETTINGS if body.get(key) is not None}
            check_dataset(settings)
            resource = {
                "kind": "bigquery#dataset",
                "id": str(name),
                "datasetReference": name.to_json(),
                "location": body.get("location") or "US",
                "type": "DEFAULT",
                "creationTime": made,
                "lastModifiedTime": made,
                **settings,
            }
            return self._put(name, resource)

    def __contains__(self, name: DatasetName) -> bool:
        """Tell whether a dataset exists."""
        return str(name) in self._stored

    def get(self, name: DatasetName) -> dict[str, Any]:
        """Return a dataset's resource.

        Raises:
            ApiError: 404.
        """
        found = self._stored.get(str(name))
        if found is None:
            raise name.missing()
        return found

    def of_project(self, project: str) -> list[dict[str, Any]]:
        """Return a project's datasets in order of their names, without hidden ones, whose ids start with `_`."""
        found = self._stored.values(f"{project}:")
        visible = [item for item in found if not item["datasetReference"]["datasetId"].startswith("_")]
        return sorted(visible, key=lambda resource: str(resource["id"]))

    def change(self, name: DatasetName, body: dict[str, Any], *, replace_all: bool) -> dict[str, Any]:
        """Patch a dataset, or replace all of its settings; a field that is null is removed.

        Raises:
            ApiError: 404, or 400 for a setting.
        """
        with self._lock:
            old = self.get(name)
            kept = {key: value for key, value in old.items() if not (replace_all and key in _SETTINGS)}
            resource = merged_settings(kept, {key: body[key] for key in _SETTINGS if key in body})
            check_dataset(resource)
            return self._put(name, {**resource, "lastModifiedTime": str(now_ms())})

    def remove(self, name: DatasetName) -> None:
        """Remove a dataset; the caller removes its tables and routines."""
        self._stored.delete(str(name))

    def hidden(self, prefix: str) -> list[str]:
        """Return the full names of the datasets whose ids start with a prefix."""
        return [name for name in self._stored.names() if f":{prefix}" in name]

    def _put(self, name: DatasetName, resource: dict[str, Any]) -> dict[str, Any]:
        resource = {**resource, "etag": etag(resource)}
        with self._lock:
            self._stored.put(str(name), resource)
            self._commits.note_job(None)
        return resource


def _readable(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a stored dataset that has all fields that requests about it or its tables read.

    Raises:
        KeyError: a field is missing.
    """
    _ = (resource["id"], resource["datasetReference"]["datasetId"], resource["location"], resource["etag"])
    return resource
