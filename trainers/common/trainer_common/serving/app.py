"""Answer the two requests of a prediction service: the health check and the prediction."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trainer_common.failures import UserError
from trainer_common.predictions.instances import parse_instances
from trainer_common.predictions.predictor import Predictor

MAX_BODY_BYTES = 1_572_864
"""1.5 MB: the largest request of a Vertex AI endpoint."""


class Model:
    """The model of a server, absent while it is loading."""

    def __init__(self) -> None:
        self.predictor: Predictor | None = None


def build_app(model: Model, predict_route: str, health_route: str) -> Starlette:
    """Return the application.

    Args:
        model: Holds the predictor once it is loaded; until then both routes answer 503.
        predict_route: The path of `POST {"instances": [...]}`, answered with `{"predictions": [...]}`.
        health_route: The path of `GET`, answered with 200.

    Returns:
        An ASGI application. It answers errors with `{"error": "one line"}`: 400 for an invalid request, 413 for a body
        above `MAX_BODY_BYTES`, 500 without details for a defect, whose traceback goes to the log.
    """

    def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"}) if model.predictor else _loading()

    async def predict(request: Request) -> Response:
        body = await _read_body(request)
        if model.predictor is None:
            return _loading()
        # Not in a thread: a request of one row takes less time than a change of threads.
        instances = parse_instances(body, model.predictor.columns)
        return JSONResponse({"predictions": model.predictor.predict(instances)})

    return Starlette(
        routes=[Route(health_route, health, methods=["GET"]), Route(predict_route, predict, methods=["POST"])],
        exception_handlers={
            UserError: lambda _, error: _problem(400, str(error)),
            HTTPException: _http_problem,
            ClientDisconnect: lambda *_: Response(status_code=400),  # the client has gone
            Exception: lambda *_: _problem(500, "the model failed to predict; see the log of the container"),
        },
    )


async def _read_body(request: Request) -> bytes:
    """Read the whole body, even when it is too large: a client sees no answer while it is still sending."""
    body, size = bytearray(), 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BODY_BYTES:
            body += part
    if size > MAX_BODY_BYTES:
        raise HTTPException(
            413, f"the body: expected at most {MAX_BODY_BYTES:,} bytes, found {size:,}; send fewer instances"
        )
    return bytes(body)


def _loading() -> Response:
    return _problem(503, "the model is not loaded yet")


def _http_problem(request: Request, error: Exception) -> Response:
    """Return Starlette's own errors (no such path, method not allowed) in the same form."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return _problem(error.status_code, f"{request.method} {request.url.path}: no such method here", error.headers)
    return _problem(error.status_code, error.detail, error.headers)


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status_code=status, headers=headers)
