"""Start a prediction server as a prediction service does: a process that reads its environment."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TextIO

from trainer_common.testing.warm_process import Program, open_pipe, start

_TIMEOUT_S = 30.0


def free_port() -> int:
    """Return the number of a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """A running server.

    Attributes:
        port: The port where it listens.
        lines: Its output so far, stdout and stderr together.
    """

    def __init__(self, process: ForkServerProcess, output: TextIO, port: int) -> None:
        self._process = process
        self._output = output
        self.port = port
        self.lines: list[str] = []

    def wait_for(self, text: str) -> None:
        """Read the output up to the line that holds `text`."""
        for line in self._output:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError(f"ended with {self.exit_code()}: {''.join(self.lines)}")

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection to the server."""
        return http.client.HTTPConnection("localhost", self.port, timeout=_TIMEOUT_S)

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Send a request; return the status and the JSON of the answer."""
        connection = self.connect()
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def predict(self, *instances: object, path: str = "/predict") -> tuple[int, dict[str, Any]]:
        """Send a prediction request; return the status and the JSON of the answer."""
        return self.send("POST", path, json.dumps({"instances": instances}).encode())

    def terminate(self) -> None:
        """Send SIGTERM."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)

    def end(self) -> int:
        """Send SIGTERM, read the rest of the output and return the exit code."""
        self.terminate()
        return self.exit_code()

    def exit_code(self) -> int:
        """Return the exit code of a process that ends by itself; read the rest of the output."""
        self.lines += self._output.readlines()
        self._process.join(_TIMEOUT_S)
        assert self._process.exitcode is not None, "the process has closed its output and still runs"
        return self._process.exitcode


@contextmanager
def serving(name: str, uri: Path | str, **variables: str) -> Iterator[ServerProcess]:
    """Run a server on a free port, and kill it at the end of the block.

    Args:
        name: The module, or the path of a file that ends with `.py`.
        uri: The folder of the model.
        variables: Further environment variables.
    """
    environment = {"AIP_HTTP_PORT": str(free_port()), "AIP_STORAGE_URI": str(uri), **variables}
    reader, writer = open_pipe()
    process = start(Program(name=name, variables=environment), writer, writer)
    with reader, os.fdopen(os.dup(reader.fileno()), encoding="utf-8") as output:
        try:
            yield ServerProcess(process, output, int(environment["AIP_HTTP_PORT"]))
        finally:
            process.kill()
            process.join()
