"""The errors that a service can respond with, and their JSON form.

    ApiError
      invalid_argument      400 INVALID_ARGUMENT
      failed_precondition   400 FAILED_PRECONDITION
      not_found             404 NOT_FOUND
      already_exists        409 ALREADY_EXISTS
      aborted               409 ABORTED               (an etag that does not match)
      condition_not_met     412 FAILED_PRECONDITION   (a generation that does not match)
      range_not_satisfiable 416 OUT_OF_RANGE
      internal              500 INTERNAL
      unimplemented         501 UNIMPLEMENTED         (names the method)
      unavailable           503 UNAVAILABLE
      deadline_exceeded     504 DEADLINE_EXCEEDED

The JSON form is that of https://cloud.google.com/apis/design/errors#http_mapping, with the list `errors` from which the
clients of BigQuery and Cloud Storage read the reason.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any


class RpcCode(IntEnum):
    """The codes of google.rpc.Status, under the names that `ApiError.status` has.

    https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
    """

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    INTERNAL = 13
    UNAVAILABLE = 14


class ApiError(Exception):
    """An error response.

    Attributes:
        code: the HTTP status.
        status: the canonical code's name, for example `NOT_FOUND`.
        message: what was expected, what was found and what to do.
        reason: the short reason of the `errors` list, for example `notFound`.
        headers: additional headers of the response.
    """

    def __init__(
        self, code: int, status: str, message: str, reason: str, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.reason = reason
        self.headers = headers


def invalid_argument(message: str, reason: str = "invalid") -> ApiError:
    """Return the error for a request that is wrong in every state of the service."""
    return ApiError(400, "INVALID_ARGUMENT", message, reason)


def failed_precondition(message: str, reason: str = "failedPrecondition") -> ApiError:
    """Return the error for a request that the present state of the resource does not allow."""
    return ApiError(400, "FAILED_PRECONDITION", message, reason)


def not_found(message: str) -> ApiError:
    """Return the error for a resource that does not exist."""
    return ApiError(404, "NOT_FOUND", message, "notFound")


def already_exists(message: str, reason: str = "duplicate") -> ApiError:
    """Return the error for the name of a new resource that exists already."""
    return ApiError(409, "ALREADY_EXISTS", message, reason)


def aborted(message: str) -> ApiError:
    """Return the error for a resource that has changed since the client read it."""
    return ApiError(409, "ABORTED", message, "conflict")


def condition_not_met(message: str) -> ApiError:
    """Return the error for a precondition, such as `ifGenerationMatch`, that does not hold."""
    return ApiError(412, "FAILED_PRECONDITION", message, "conditionNotMet")


def range_not_satisfiable(message: str, size: int) -> ApiError:
    """Return the error for a byte range outside of an object of `size` bytes."""
    return ApiError(416, "OUT_OF_RANGE", message, "requestedRangeNotSatisfiable", {"Content-Range": f"bytes */{size}"})


def too_large(limit_bytes: int) -> ApiError:
    """Return the error for a request body over the limit of the service."""
    return ApiError(413, "INVALID_ARGUMENT", f"The request is over the limit of {limit_bytes} bytes.", "uploadTooLarge")


def unimplemented(method_id: str) -> ApiError:
    """Return the error for a method or field of Google that localgcp does not implement."""
    return ApiError(501, "UNIMPLEMENTED", f"localgcp does not implement {method_id}.", "notImplemented")


def internal(message: str) -> ApiError:
    """Return the error for a failure of the service itself."""
    return ApiError(500, "INTERNAL", message, "internalError")


def unavailable(message: str) -> ApiError:
    """Return the error for a request that may succeed a little later."""
    return ApiError(503, "UNAVAILABLE", message, "backendError")


def deadline_exceeded(message: str) -> ApiError:
    """Return the error for work that took longer than its limit."""
    return ApiError(504, "DEADLINE_EXCEEDED", message, "backendError")


def injected(code: int, method_id: str) -> ApiError:
    """Return the error of a fault that a test asked for."""
    status = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}.get(
        code, "UNKNOWN"
    )
    reason = {429: "rateLimitExceeded", 500: "internalError", 503: "backendError"}.get(code, "backendError")
    return ApiError(code, status, f"Injected fault on {method_id}.", reason)


def render(error: ApiError) -> dict[str, Any]:
    """Return the JSON body of an error."""
    detail = {"message": error.message, "domain": "global", "reason": error.reason}
    return {"error": {"code": error.code, "message": error.message, "status": error.status, "errors": [detail]}}


def status_of(code: RpcCode, message: str) -> dict[str, Any]:
    """Return the google.rpc.Status of a code and a message, as JSON."""
    return {"code": int(code), "message": message}


def rpc_status(error: ApiError) -> dict[str, Any]:
    """Return the google.rpc.Status of an error, as JSON; a status without an RPC code becomes UNKNOWN."""
    return status_of(RpcCode.__members__.get(error.status, RpcCode.UNKNOWN), error.message)
