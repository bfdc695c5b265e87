"""Routines: functions, table functions and procedures that datasets store.

https://cloud.google.com/bigquery/docs/routines
"""

import re
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import ApiError, already_exists, condition_not_met, invalid_argument, not_found
from localgcp.core.http.context import Context
from localgcp.services.bigquery.errors.query import unsupported
from localgcp.services.bigquery.tables.entry import etag, now_ms
from localgcp.services.bigquery.tables.names import DatasetName
from localgcp.services.bigquery.types.standard_types import argument_text, type_text

FUNCTION, TABLE_FUNCTION, PROCEDURE = "SCALAR_FUNCTION", "TABLE_VALUED_FUNCTION", "PROCEDURE"
_ROUTINE_ID = re.compile(r"\w{1,256}", re.ASCII)
_SETTINGS = (
    "routineType", "language", "arguments", "returnType", "returnTableType", "definitionBody", "description",
    "determinismLevel", "strictMode", "dataGovernanceType", "securityMode",
)  # fmt: skip
_REMOTE = ("remoteFunctionOptions", "sparkOptions", "pythonOptions", "externalRuntimeOptions", "importedLibraries")


@dataclass(frozen=True, order=True, slots=True)
class RoutineName:
    """`project:dataset.routine`."""

    project: str
    dataset: str
    routine: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}.{self.routine}"

    @property
    def parent(self) -> DatasetName:
        """The dataset of the routine."""
        return DatasetName(self.project, self.dataset)

    def to_json(self) -> dict[str, Any]:
        """Return the `routineReference`."""
        return {"projectId": self.project, "datasetId": self.dataset, "routineId": self.routine}

    def missing(self) -> ApiError:
        """Return the 404 for a routine that does not exist."""
        return not_found(f"Not found: Routine {self}")


class Routines:
    """Creates, replaces, lists and removes the routines of one server."""

    def __init__(self, context: Context) -> None:
        self._lock = context.state.lock
        self._stored = context.state.collection("bigquery.routines")
        self._stored.records(_readable)

    def find(self, name: RoutineName) -> dict[str, Any] | None:
        """Return a routine's resource, or None if it does not exist."""
        return self._stored.get(str(name))

    def get(self, name: RoutineName) -> dict[str, Any]:
        """Return a routine's resource.

        Raises:
            ApiError: 404.
        """
        found = self.find(name)
        if found is None:
            raise name.missing()
        return found

    def of_dataset(self, name: DatasetName) -> list[dict[str, Any]]:
        """Return a dataset's routines in order of their names."""
        return sorted(self._stored.values(f"{name}."), key=lambda item: str(item["routineReference"]["routineId"]))

    def put(self, name: RoutineName, body: dict[str, Any], *, replaces: bool, wanted_etag: str = "") -> dict[str, Any]:
        """Create a routine, or replace one.

        Raises:
            ApiError: 400 for an invalid resource or a language other than SQL, 409 if it exists, 412 for another etag.
        """
        settings = _checked(name, body)
        with self._lock:
            old = self.find(name)
            if old is not None and not replaces:
                raise already_exists(f"Already Exists: Routine {name}")
            if old is not None and wanted_etag not in ("", "*", old["etag"]):
                raise condition_not_met(f"Precondition check failed: the etag is {old['etag']}, not {wanted_etag}.")
            now = str(now_ms())
            created = old["creationTime"] if old is not None else now
            made = {"routineReference": name.to_json(), **settings, "creationTime": created, "lastModifiedTime": now}
            resource = {**made, "etag": etag(made)}
            self._stored.put(str(name), resource)
        return resource

    def delete(self, name: RoutineName) -> None:
        """Remove a routine.

        Raises:
            ApiError: 404.
        """
        with self._lock:
            self.get(name)
            self._stored.delete(str(name))

    def delete_all(self, name: DatasetName) -> None:
        """Remove all routines of a dataset."""
        with self._lock:
            for key in self._stored.names(f"{name}."):
                self._stored.delete(key)


def _checked(name: RoutineName, body: dict[str, Any]) -> dict[str, Any]:
    if not _ROUTINE_ID.fullmatch(name.routine):
        raise invalid_argument(
            f'Invalid routine ID "{name.routine}". Routine IDs must be alphanumeric (plus underscores) and must be at '
            "most 256 characters long."
        )
    kind, language = body.get("routineType"), body.get("language") or "SQL"
    if kind not in (FUNCTION, TABLE_FUNCTION, PROCEDURE):
        raise unsupported(f"routines of the type {kind}") if kind else _missing("routineType")
    given = [field for field in _REMOTE if body.get(field)]
    if language != "SQL" or given:
        raise unsupported(f"routines that are not written in SQL ({given[0] if given else language})")
    if not body.get("definitionBody"):
        raise _missing("definitionBody")
    for argument in body.get("arguments") or ():
        argument_text(argument)
    if body.get("returnType"):
        type_text(body["returnType"])
    return {"language": language, **{key: body[key] for key in _SETTINGS if body.get(key) is not None}}


def _readable(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a stored routine that has all fields that requests about it or its dataset read.

    Raises:
        KeyError: a field is missing.
    """
    _ = (resource["routineReference"]["routineId"], resource["routineType"], resource["definitionBody"])
    _ = (resource["creationTime"], resource["etag"])
    return resource


def _missing(field: str) -> ApiError:
    return invalid_argument(f"Required parameter is missing: {field}", "required")
