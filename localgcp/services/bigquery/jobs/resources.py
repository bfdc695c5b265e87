"""Jobs: their states, and their resources of the REST API."""

from dataclasses import dataclass, field
from typing import Any

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.tables.entry import etag

PENDING, RUNNING, DONE = "PENDING", "RUNNING", "DONE"
_CODES = {
    "notFound": 404,
    "duplicate": 409,
    "accessDenied": 403,
    "internalError": 500,
    "backendError": 503,
    "stopped": 499,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job.

    Attributes:
        configuration: as given, with the values that the server fills in.
        created_ms, started_ms, ended_ms: milliseconds since 1970; 0 if it has not come to that.
        statistics: `statistics` of a job that is done, without the times.
        error: `{reason, message}` of a job that failed.
        errors: further entries of `status.errors`: the bad records of a load.
        result_fields: the schema of a query's rows, as `TableFieldSchema`.
        request_id: the id of the `jobs.query` request; a second request with the id gets the same job.
    """

    project: str
    job_id: str
    location: str
    configuration: dict[str, Any]
    created_ms: int
    state: str = PENDING
    started_ms: int = 0
    ended_ms: int = 0
    statistics: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    result_fields: list[dict[str, Any]] = field(default_factory=list)
    request_id: str = ""

    @property
    def name(self) -> str:
        """The job as Google's messages name it, `project:location.id`."""
        return f"{self.project}:{self.location}.{self.job_id}"

    @property
    def user(self) -> str:
        """The user that ran the job: localgcp has one user."""
        return "local@localhost"

    @property
    def kind(self) -> str:
        """`query`, `load`, `extract` or `copy`."""
        return next(kind for kind in ("query", "load", "extract", "copy") if kind in self.configuration)

    @property
    def parent_id(self) -> str:
        """The id of the script that the job is a statement of, or an empty string."""
        return str(self.statistics.get("parentJobId", ""))

    @property
    def reference(self) -> dict[str, Any]:
        """The `jobReference`."""
        return {"projectId": self.project, "jobId": self.job_id, "location": self.location}

    def to_json(self) -> dict[str, Any]:
        """Return the record that the state keeps."""
        return {name: getattr(self, name) for name in Job.__slots__}

    @classmethod
    def from_stored(cls, raw: dict[str, Any]) -> "Job":
        """Read what `to_json` returned, without applying the rules for requests.

        Raises:
            Exception: the record is damaged, so that lists of jobs would fail.
        """
        job = cls(**raw)
        job.list_item()
        return job

    def resource(self) -> dict[str, Any]:
        """Return the `Job` of the REST API."""
        resource = self._without_etag()
        return {**resource, "etag": etag(resource)}

    def list_item(self) -> dict[str, Any]:
        """Return the entry of the job in `jobs.list`."""
        return {**self._without_etag(), "state": self.state, **({"errorResult": self.error} if self.error else {})}

    def _without_etag(self) -> dict[str, Any]:
        times = {"creationTime": self.created_ms, "startTime": self.started_ms, "endTime": self.ended_ms}
        status: dict[str, Any] = {"state": self.state}
        if self.error is not None:
            status |= {"errorResult": self.error, "errors": [self.error, *self.errors]}
        elif self.errors:
            status["errors"] = self.errors
        return {
            "kind": "bigquery#job",
            "id": self.name,
            "jobReference": self.reference,
            "user_email": self.user,
            "configuration": {"jobType": self.kind.upper(), **self.configuration},
            "status": status,
            "statistics": {**{name: str(time) for name, time in times.items() if time}, **self.statistics},
        }

    def failure(self) -> ApiError:
        """Return the error with which `getQueryResults` answers for a job that failed."""
        assert self.error is not None
        reason = self.error["reason"]
        code = _CODES.get(reason, 400)
        status = {404: "NOT_FOUND", 409: "ALREADY_EXISTS", 403: "PERMISSION_DENIED"}.get(code, "INVALID_ARGUMENT")
        return ApiError(code, status, self.error["message"], reason)


def error_result(error: ApiError) -> dict[str, Any]:
    """Return an error as an `ErrorProto`."""
    location = getattr(error, "location", "") or {"invalidQuery": "query"}.get(error.reason)
    return {"reason": error.reason, **({"location": location} if location else {}), "message": error.message}
