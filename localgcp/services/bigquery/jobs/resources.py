"""Jobs: their states, and their JSON forms."""

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
        configuration: as given, with what the server filled in.
        statistics: of a job that is done; times are apart.
        error: `{reason, message}` of a job that failed.
        errors: further entries of `status.errors`: records that a load has left out, or that it failed with.
        result_fields: the schema of a query's rows.
        request_id: of `jobs.query`; the same one again gets the same job.
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
        """The id as Google's messages write it."""
        return f"{self.project}:{self.location}.{self.job_id}"

    @property
    def user(self) -> str:
        """Who ran it: localgcp knows one user."""
        return "local@localhost"

    @property
    def kind(self) -> str:
        """`query`, `load`, `extract` or `copy`."""
        return next(kind for kind in ("query", "load", "extract", "copy") if kind in self.configuration)

    @property
    def parent_id(self) -> str:
        """The id of the script that the job is a part of, or nothing."""
        return str(self.statistics.get("parentJobId", ""))

    @property
    def reference(self) -> dict[str, Any]:
        """The `jobReference`."""
        return {"projectId": self.project, "jobId": self.job_id, "location": self.location}

    def to_json(self) -> dict[str, Any]:
        """Return what the state keeps."""
        return {name: getattr(self, name) for name in Job.__slots__}

    @classmethod
    def from_stored(cls, raw: dict[str, Any]) -> "Job":
        """Read what `to_json` returned, without applying the rules for requests.

        Raises:
            Exception: the record is damaged, so that no list of jobs could show it.
        """
        job = cls(**raw)
        job.list_item()
        return job

    def resource(self) -> dict[str, Any]:
        """Return the `Job` of the REST API."""
        resource = self._without_etag()
        return {**resource, "etag": etag(resource)}

    def list_item(self) -> dict[str, Any]:
        """Return the entry of `jobs.list`."""
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
        """The answer of `getQueryResults` for a job that failed."""
        assert self.error is not None
        reason = self.error["reason"]
        code = _CODES.get(reason, 400)
        status = {404: "NOT_FOUND", 409: "ALREADY_EXISTS", 403: "PERMISSION_DENIED"}.get(code, "INVALID_ARGUMENT")
        return ApiError(code, status, self.error["message"], reason)


def error_result(error: ApiError) -> dict[str, Any]:
    """Return the `ErrorProto` of an error."""
    location = getattr(error, "location", "") or {"invalidQuery": "query"}.get(error.reason)
    return {"reason": error.reason, **({"location": location} if location else {}), "message": error.message}
