"""The methods `jobs.*` of BigQuery v2 over HTTP."""

from pathlib import Path
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.core.conventions.paging import page
from localgcp.core.http.routing import Handler, Reply, Request
from localgcp.services.bigquery.jobs.resources import DONE, Job
from localgcp.services.bigquery.jobs.row_pages import page_bounds, page_size, page_token
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.transfer.uploads import LoadUploads
from localgcp.services.bigquery.types.cells import encode_rows

_DEFAULT_TIMEOUT_MS = 10_000
_LONGEST_TIMEOUT_MS = 60_000
# Most jobs end within this time. An answer that already says DONE saves the client its first pause between polls.
_INSERT_WAIT_S = 0.3
_QUERY_FIELDS = (
    "query",
    "defaultDataset",
    "useLegacySql",
    "parameterMode",
    "queryParameters",
    "maximumBytesBilled",
    "useQueryCache",
    "createSession",
    "connectionProperties",
)
# The fields of a jobs.query request that belong to the job and not to its query.
_JOB_FIELDS = ("labels", "dryRun", "jobTimeoutMs", "reservation", "maxSlots")
_LIST_LIMIT = 1_000


class JobRoutes:
    """The handlers of the job methods."""

    def __init__(self, store: BigQueryStore) -> None:
        self._jobs = store.jobs
        self._runner = store.runner
        self._reads = store.reads
        self._uploads = LoadUploads(store.uploads)

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by method id."""
        return {
            "bigquery.jobs.insert": self.insert,
            "bigquery.jobs.get": lambda request: self._job(request).resource(),
            "bigquery.jobs.list": self.list,
            "bigquery.jobs.cancel": self.cancel,
            "bigquery.jobs.delete": self.delete,
            "bigquery.jobs.query": self.query,
            "bigquery.jobs.getQueryResults": self.results,
        }

    def _job(self, request: Request) -> Job:
        return self._jobs.get(request.params["projectId"], request.params["jobId"])

    def insert(self, request: Request) -> dict[str, Any] | Reply:
        """Start a job, or receive one part of the file of a load job."""
        if not request.is_upload:
            return self._submit(self._jobs.new(request.params["projectId"], request.json())).resource()
        if request.one("uploadType") == "multipart":
            return self._submit_upload(request.params["projectId"], *self._uploads.multipart(request))
        if request.one("uploadType") != "resumable":
            raise invalid_argument("uploadType must be multipart or resumable.")
        return self._resumable(request)

    def _resumable(self, request: Request) -> dict[str, Any] | Reply:
        session_id = request.one("upload_id")
        if session_id is None:
            location = f"{request.base_url}{request.path}?uploadType=resumable&upload_id={self._uploads.start(request)}"
            return Reply(headers={"location": location})
        progress = self._uploads.receive(session_id, request)
        session = progress.session
        if session is None:
            headers = {"range": f"bytes=0-{progress.received_bytes - 1}"} if progress.received_bytes else {}
            return Reply(status=308, headers=headers)
        return self._submit_upload(session.project, session.body, session.path)

    def _submit_upload(self, project: str, body: dict[str, Any], path: Path) -> dict[str, Any]:
        try:
            submitted = self._jobs.submit(self._jobs.new(project, body), lambda job: self._runner.run_upload(job, path))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self._jobs.wait(submitted, _INSERT_WAIT_S).resource()

    def _submit(self, job: Job) -> Job:
        job = self._runner.in_session(job)
        if job.configuration.get("dryRun"):
            return self._runner.dry_run(job)
        return self._jobs.wait(self._jobs.submit(job, self._runner.run), _INSERT_WAIT_S)

    def list(self, request: Request) -> dict[str, Any]:
        """List jobs, newest first."""
        states = {state.upper() for state in request.query.get("stateFilter", ())}
        first, last = request.one("minCreationTime"), request.one("maxCreationTime")
        jobs = self._jobs.list(
            request.params["projectId"],
            states,
            int(first) if first else None,
            int(last) if last else None,
            request.one("parentJobId") or "",
        )
        size = request.one("maxResults")
        items, token = page(jobs, int(size) if size else None, request.one("pageToken"), limit=_LIST_LIMIT, key=_own_id)
        next_page = {"nextPageToken": token} if token else {}
        return {"kind": "bigquery#jobList", "jobs": [job.list_item() for job in items], **next_page}

    def cancel(self, request: Request) -> dict[str, Any]:
        """Cancel a job."""
        job = self._jobs.cancel(request.params["projectId"], request.params["jobId"])
        return {"kind": "bigquery#jobCancelResponse", "job": job.resource()}

    def delete(self, request: Request) -> Reply:
        """Delete a job that is done."""
        self._jobs.delete(request.params["projectId"], request.params["jobId"])
        return Reply(status=204)

    def query(self, request: Request) -> dict[str, Any]:
        """Run a query and return its first page: the fast path of `query_and_wait`."""
        body = request.json()
        project = request.params["projectId"]
        asked = body.get("maxResults")
        count = page_size(int(asked) if asked is not None else None)
        known = self._jobs.of_request(project, body["requestId"]) if body.get("requestId") else None
        if known is None:
            configuration = {
                "query": {"useLegacySql": False, **{key: body[key] for key in _QUERY_FIELDS if key in body}},
                **{key: body[key] for key in _JOB_FIELDS if body.get(key)},
            }
            reference = {"location": body["location"]} if body.get("location") else {}
            job = self._jobs.new(
                project, {"configuration": configuration, "jobReference": reference}, body.get("requestId") or ""
            )
            job = self._runner.in_session(job)
            if body.get("dryRun"):
                return _query_answer(self._runner.dry_run(job))
            known = self._jobs.submit(job, self._runner.run)
        answer = self._answer(known, _timeout_s(body.get("timeoutMs")), request, 0, count, body)
        return _stateless(answer) if body.get("jobCreationMode") == "JOB_CREATION_OPTIONAL" else answer

    def results(self, request: Request) -> dict[str, Any]:
        """Return a page of a query's rows, once it is done."""
        start, count = page_bounds(request)
        return self._answer(self._job(request), _timeout_s(request.one("timeoutMs")), request, start, count, {})

    def _answer(
        self, job: Job, timeout_s: float, request: Request, start: int, count: int, body: dict[str, Any]
    ) -> dict[str, Any]:
        job = self._jobs.wait(job, timeout_s)
        if job.state != DONE:
            return {"kind": "bigquery#queryResponse", "jobReference": job.reference, "jobComplete": False}
        if job.error is not None:
            raise job.failure()
        answer = _query_answer(job)
        target = job.configuration["query"].get("destinationTable") if job.kind == "query" else None
        if target is None or not job.result_fields:
            return answer
        fields, rows, total = self._reads.rows(TableName.from_json(target), start, count)
        options = body.get("formatOptions") or {}
        int64 = bool(options.get("useInt64Timestamp")) or request.flag("formatOptions.useInt64Timestamp")
        answer["totalRows"] = str(total)
        if count:
            answer |= {
                "rows": encode_rows(rows, fields, int64_timestamps=int64),
                **page_token(start + rows.num_rows, total),
            }
        return answer


def _own_id(job: Job) -> str:
    return f"{job.project}:{job.job_id}"


def _stateless(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of a query without a job: it names the query, and the job only if rows are left to fetch."""
    reference = answer["jobReference"]
    if not answer["jobComplete"] or "pageToken" in answer:
        reason = "LONG_RUNNING" if not answer["jobComplete"] else "LARGE_RESULTS"
        return {**answer, "queryId": reference["jobId"], "jobCreationReason": {"code": reason}}
    kept = {key: value for key, value in answer.items() if key != "jobReference"}
    return {**kept, "queryId": reference["jobId"], "location": reference["location"]}


def _query_answer(job: Job) -> dict[str, Any]:
    query = job.statistics.get("query", {})
    schema = {"schema": {"fields": job.result_fields}} if job.result_fields else {}
    affected = {"numDmlAffectedRows": query["numDmlAffectedRows"]} if "numDmlAffectedRows" in query else {}
    return {
        "kind": "bigquery#queryResponse",
        "jobReference": job.reference,
        "jobComplete": True,
        "cacheHit": query.get("cacheHit", False),
        "totalBytesProcessed": query.get("totalBytesProcessed", "0"),
        **schema,
        **affected,
        **{key: job.statistics[key] for key in ("sessionInfo",) if key in job.statistics},
    }


def _timeout_s(milliseconds: object) -> float:
    # An int64 is a string in a query string, and a number or a string in a body.
    asked = int(str(milliseconds)) if milliseconds not in (None, "") else _DEFAULT_TIMEOUT_MS
    return min(asked, _LONGEST_TIMEOUT_MS) / 1000
