"""Runs a model as a prediction container: loads it, answers requests, and ends when told to."""

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from trainer_common.environment import ServingEnvironment, read_serving_environment
from trainer_common.failures import UserError
from trainer_common.prediction_app import Model, Predictor, build_app
from trainer_common.task_args import OneLineParser

_log = logging.getLogger(__name__)

# Longer than Google's load balancers keep a connection, so that none is closed while a request is on its way.
_KEEP_ALIVE_S = 620
_GRACE_S = 25
"""For requests under way when the process is told to end."""


def serve_main(argv: Sequence[str], load: Callable[[str], Predictor]) -> None:
    """Serves until told to end; the service says by the environment what and where.

    Args:
        argv: The arguments without the program name: none are taken.
        load: See `serve`.

    Raises:
        UserError: See `serve`.
    """
    OneLineParser("Serve the bundle in AIP_STORAGE_URI; see also AIP_HTTP_PORT, AIP_PREDICT_ROUTE.").parse_args(argv)
    # To stdout: a prediction service files what comes on stderr as errors.
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    serve(load, read_serving_environment())


def serve(load: Callable[[str], Predictor], environment: ServingEnvironment) -> None:
    """Serves until SIGTERM or SIGINT; requests under way are answered first.

    The socket is open before the model is loaded: a prober sees a container that is coming up, not one that is dead.

    Args:
        load: Takes the URI of the model's folder; returns a predictor that has proved to work.
        environment: Where the model is, and what the service calls the routes.

    Raises:
        UserError: There is no model folder, the port is taken, or `load` raised it.
        Exception: Whatever else `load` raised.
    """
    uri = environment.storage_uri
    if uri is None:
        raise UserError("AIP_STORAGE_URI is not set: expected the folder of the model (a local path or gs://...)")
    model = Model()
    with _listen(environment.host, environment.port) as listener:
        server = _Server(_configure(build_app(model, environment.predict_route, environment.health_route)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.handle_exit)  # uvicorn sets it too, but only once it runs
        loading = _Loading(load, uri, model, server)
        loading.start()
        _log.info("listening on %s:%d", *listener.getsockname())
        server.run(sockets=[listener])
    if loading.failure is not None:
        raise loading.failure
    _log.info("stopped")


class _Server(uvicorn.Server):
    """Ends regularly when told to: uvicorn's own raises the signal again in the end, which would be the exit code."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a signal handler's arguments)
        """Asks the server to answer what is under way and to end."""
        _log.info("stopping")
        self.should_exit = True


class _Loading(threading.Thread):
    """Loads the model beside the server; a failure ends the server."""

    def __init__(self, load: Callable[[str], Predictor], uri: str, model: Model, server: uvicorn.Server) -> None:
        # A process that is told to end does not wait for the model.
        super().__init__(name="load-model", daemon=True)
        self._load, self._uri, self._model, self._server = load, uri, model, server
        self.failure: Exception | None = None

    def run(self) -> None:
        """Loads; raised again, in the main thread, is what goes wrong."""
        try:
            self._model.predictor = self._load(self._uri)
            _log.info("ready: %s", self._uri)
        except Exception as error:
            self.failure = error
            self._server.should_exit = True


def _configure(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # Named, so that what runs is what runs in the image, whatever else happens to be installed.
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
    # asyncio turns off Nagle's delay, 40 ms an answer, only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(
            f"AIP_HTTP_PORT: expected a free port, found {port} ({error.strerror}); choose another"
        ) from error
    listener.listen()
    return listener
