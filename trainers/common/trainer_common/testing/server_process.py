"""Start a prediction server as a prediction service does: a process that reads its environment."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def free_port() -> int:
    """Return the number of a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """A running server.

    Attributes:
        process: The process.
        port: The port where it listens.
        lines: Its output so far.
    """

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []

    def wait_for(self, text: str) -> None:
        """Read the output up to the line that holds `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError(f"ended with {self.process.wait()}: {''.join(self.lines)}")

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection to the server."""
        return http.client.HTTPConnection("localhost", self.port, timeout=30)

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

    def end(self) -> int:
        """Send SIGTERM, read the rest of the output and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.outcome()

    def outcome(self) -> int:
        """Return the exit code of a process that ends by itself; read the rest of the output."""
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return self.process.wait(30)


@contextmanager
def serving(*command: str, uri: Path | str, **variables: str) -> Iterator[ServerProcess]:
    """Run `python COMMAND` on a free port, and kill it at the end of the block.

    Args:
        command: The arguments of the interpreter.
        uri: The folder of the model.
        variables: Further environment variables.
    """
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AIP_HTTP_PORT": str(port),
        "AIP_STORAGE_URI": str(uri),
        **variables,
    }
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield ServerProcess(process, int(environment["AIP_HTTP_PORT"]))
        finally:
            process.kill()
