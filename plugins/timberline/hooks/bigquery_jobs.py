"""BigQuery jobs with ids that the caller chooses: a retry finds the job of the try before it."""

from collections.abc import Callable
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.run.errors import QueryFailed, ServiceUnavailable
from timberline.run.transience import brief, is_transient, retried

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

_log = getLogger(__name__)
_ATTEMPTS = 20
_POLL_TIMEOUT_S = 600.0
_CALL_TIMEOUT_S = 60.0
_TRANSIENT_REASONS = frozenset(
    {"backendError", "internalError", "rateLimitExceeded", "jobRateLimitExceeded", "jobBackendError"}
)


def ensured_result(client: "Client", job_id: str, start: Callable[[str], Any], still_there: Callable[[], bool]) -> Any:
    """Return the result of a finished job: of an earlier job, or else of a new job with the next free id.

    Args:
        client: Google's client.
        job_id: the id of the first attempt; later attempts get the suffix `_2`, `_3` and so on.
        start: starts a job with the id that it is given.
        still_there: returns whether the result of an earlier job still exists.

    Returns:
        The rows of a query as a list; the job's own result for other jobs.

    Raises:
        QueryFailed: BigQuery refused or failed the job.
        ServiceUnavailable: BigQuery did not answer in time; the job goes on, and the next try finds it.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        each_id = job_id if attempt == 1 else f"{job_id}_{attempt}"
        job, was_there = _started_or_found(client, each_id, start)
        try:
            result = _result(each_id, job)
        except (QueryFailed, _ResultGone) as error:
            # A job that failed just now would fail again; an earlier job may have failed for a reason that is gone.
            if not was_there and not _is_passing(job):
                raise
            _log.info("%s; trying again", error)
            continue
        if not was_there or still_there():
            return result
        _log.info("the result of job %s is gone; running the job again", each_id)
    raise QueryFailed(f"BigQuery job {job_id} failed {_ATTEMPTS} times; see its last attempt {each_id}")


def _started_or_found(client: "Client", job_id: str, start: Callable[[str], Any]) -> tuple[Any, bool]:
    """Return the job of an id, and whether the job existed before this call."""
    from google.api_core.exceptions import ClientError, Conflict

    try:
        return retried(lambda: start(job_id), job_id), False
    except Conflict:
        return retried(lambda: client.get_job(job_id, timeout=_CALL_TIMEOUT_S), job_id), True
    except ClientError as error:
        raise _failure(job_id, error) from error


def _result(job_id: str, job: Any) -> Any:
    """Wait for a job, and distinguish a failure of the job from a failure of the call that asks for it."""
    from google.api_core.exceptions import NotFound

    try:
        rows = job.result(timeout=_POLL_TIMEOUT_S)
        return list(rows) if job.job_type == "query" else rows
    except NotFound as error:
        if job.error_result is None:
            raise _ResultGone(f"the result of job {job_id} has expired") from error
        raise _failure(job_id, error) from error
    except Exception as error:
        if job.error_result is None and is_transient(error):
            raise ServiceUnavailable(f"BigQuery job {job_id}: no answer in time ({brief(error)})") from error
        raise _failure(job_id, error) from error


class _ResultGone(Exception):
    """The job succeeded, but BigQuery keeps its rows for one day only."""


def _is_passing(job: Any) -> bool:
    return (job.error_result or {}).get("reason", "") in _TRANSIENT_REASONS


def _failure(job_id: str, error: Exception) -> QueryFailed:
    return QueryFailed(f"BigQuery job {job_id} failed: {getattr(error, 'message', error)}")
