"""Answers the two requests that a prediction service sends to a container: is it healthy, and what does it predict."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trainer_common.failures import UserError
from trainer_common.instances import Column, Instance, parse_instances

MAX_BODY_BYTES = 1_572_864
"""1.5 MB: the most that an endpoint of Vertex AI passes on."""


class Predictor(Protocol):
    """A model that answers requests."""

    @property
    def columns(self) -> Sequence[Column]:
        """What an instance holds."""

    def predict(self, instances: Sequence[Instance]) -> Sequence[object]:
        """Predicts checked instances.

        Args:
            instances: At least one.

        Returns:
            One JSON value for each, in their order: an object, or a plain number or text.

        Raises:
            UserError: They cannot be predicted; the message goes to the client.
        """


class Model:
    """The place of a model that is still being loaded."""

    def __init__(self) -> None:
        """Starts without one."""
        self.predictor: Predictor | None = None


def build_app(model: Model, predict_route: str, health_route: str) -> Starlette:
    """Builds the application.

    Args:
        model: Holds the predictor as soon as it may answer; until then both routes answer 503.
        predict_route: The path of `POST {"instances": [...]}`, answered with `{"predictions": [...]}`.
        health_route: The path of `GET`, answered with 200.

    Returns:
        An ASGI application. Whatever goes wrong is answered with `{"error": "one line"}`: 400 for a request that makes
        no sense, 413 for one above `MAX_BODY_BYTES`, 500 without any detail for a defect, which the server logs with
        its traceback.
    """

    def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"}) if model.predictor else _loading()

    async def predict(request: Request) -> Response:
        body = await _read_body(request)
        if model.predictor is None:
            return _loading()
        # Not in a thread: a request of one row takes less time than handing it over.
        instances = parse_instances(body, model.predictor.columns)
        return JSONResponse({"predictions": model.predictor.predict(instances)})

    return Starlette(
        routes=[Route(health_route, health, methods=["GET"]), Route(predict_route, predict, methods=["POST"])],
        exception_handlers={
            UserError: lambda _, error: _problem(400, str(error)),
            HTTPException: _http_problem,
            ClientDisconnect: lambda *_: Response(status_code=400),  # nobody reads it
            Exception: lambda *_: _problem(500, "the model failed to predict; the log of the container says why"),
        },
    )


async def _read_body(request: Request) -> bytes:
    """Reads the body, all of it: a client that is cut off while it sends never sees the answer."""
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
    """Turns the framework's own refusals (no such path, method not allowed) into the same form."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return _problem(error.status_code, f"{request.method} {request.url.path}: no such method here", error.headers)
    return _problem(error.status_code, error.detail, error.headers)


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status_code=status, headers=headers)
