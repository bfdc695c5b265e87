"""Run a model as a prediction container: load it, answer requests, and stop on SIGTERM."""

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from trainer_common.failures import UserError
from trainer_common.flags.parser import OneLineParser
from trainer_common.predictions.predictor import CheckedPredictor, Predictor
from trainer_common.predictions.self_check import check_answers
from trainer_common.serving.app import Model, build_app
from trainer_common.serving.environment import ServingEnvironment, read_serving_environment

_log = logging.getLogger(__name__)

# Longer than Google's load balancers keep a connection open, so that the server never closes one during a request.
_KEEP_ALIVE_S = 620
_GRACE_S = 25
"""The longest time for requests in flight after SIGTERM."""


def serve_model(argv: Sequence[str], load: Callable[[str], CheckedPredictor]) -> None:
    """Serve a trainer's model; the prediction service says by the environment which one and where.

    The server says that it is healthy once the model has repeated the answers in `predictions.json`.

    Args:
        argv: The arguments without the program name: the command takes none.
        load: Takes the URI of the model's folder; returns the model.

    Raises:
        UserError: An argument is given, the model's answers differ from the trainer's, or `serve` raised it.
        StorageError: The model or its `predictions.json` cannot be read.
    """
    OneLineParser(
        "Serve the model in AIP_STORAGE_URI. Other variables: AIP_HTTP_PORT, AIP_PREDICT_ROUTE, AIP_HEALTH_ROUTE, "
        "UVICORN_HOST."
    ).parse_args(argv)
    # To stdout: a prediction service logs stderr as errors.
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)

    def load_checked(uri: str) -> Predictor:
        model = load(uri)
        check_answers(uri, model)
        return model

    serve(load_checked, read_serving_environment())


def serve(load: Callable[[str], Predictor], environment: ServingEnvironment) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are answered first.

    The socket opens before the model is loaded, so that a health probe gets 503 instead of a refused connection.

    Args:
        load: Takes the URI of the model's folder; returns a predictor that works.
        environment: Where the model is, where to listen, and the routes.

    Raises:
        UserError: `AIP_STORAGE_URI` is not set, the port is taken, or `load` raised it.
        Exception: Whatever else `load` raised.
    """
    uri = environment.storage_uri
    if uri is None:
        raise UserError("AIP_STORAGE_URI is not set: expected the folder of the model (a local path or gs://...)")
    model = Model()
    with _listen(environment.host, environment.port) as listener:
        server = _Server(_configure(build_app(model, environment.predict_route, environment.health_route)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.handle_exit)  # uvicorn installs it too, but later
        loading = _Loading(load, uri, model, server)
        loading.start()
        _log.info("listening on %s:%d", *listener.getsockname())
        server.run(sockets=[listener])
    if loading.failure is not None:
        raise loading.failure
    _log.info("stopped")


class _Server(uvicorn.Server):
    """A server that exits with code 0 on SIGTERM: uvicorn raises the signal again, which sets the exit code."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a signal handler's arguments)
        """Answer the requests in flight, then stop."""
        _log.info("stopping")
        self.should_exit = True


class _Loading(threading.Thread):
    """A thread that loads the model while the server runs; a failure stops the server."""

    def __init__(self, load: Callable[[str], Predictor], uri: str, model: Model, server: uvicorn.Server) -> None:
        # A daemon: SIGTERM stops the process even while the model is loading.
        super().__init__(name="load-model", daemon=True)
        self._load, self._uri, self._model, self._server = load, uri, model, server
        self.failure: Exception | None = None

    def run(self) -> None:
        """Load the model; keep an exception for the main thread, which raises it again."""
        try:
            self._model.predictor = self._load(self._uri)
            _log.info("ready: %s", self._uri)
        except Exception as error:
            self.failure = error
            self._server.should_exit = True


def _configure(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # Named, because uvicorn would choose other implementations where those are installed.
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _listen(host: str, port: int) -> socket.socket:
    # asyncio switches off Nagle's delay, 40 ms per answer, only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(
            f"AIP_HTTP_PORT: expected a free port of {host} (UVICORN_HOST), found {port} ({error.strerror}); "
            "choose another"
        ) from error
    listener.listen()
    return listener
