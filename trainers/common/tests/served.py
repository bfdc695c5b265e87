"""Starts a prediction server as a prediction service does: a process, told by its environment."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running server and its output so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []

    def wait_for(self, text: str) -> None:
        """Reads the output up to the line that holds `text`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError(f"ended with {self.process.wait()}: {''.join(self.lines)}")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, object]]:
        connection = self.connect()
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def predict(self, *instances: Mapping[str, object], path: str = "/predict") -> tuple[int, dict[str, object]]:
        return self.send("POST", path, json.dumps({"instances": instances}).encode())

    def end(self) -> int:
        """Sends SIGTERM and returns the exit code; the output is complete then."""
        self.process.send_signal(signal.SIGTERM)
        return self.outcome()

    def outcome(self) -> int:
        """Returns the exit code of a process that ends by itself."""
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return self.process.wait(30)


@contextmanager
def serving(*command: str, uri: Path | str, **variables: str) -> Iterator[Served]:
    """Runs `python COMMAND` with a model's folder on a free port of loopback; it is killed at the end of the block."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",  # a local storage: the server stays on loopback
        "AIP_HTTP_PORT": str(port),
        "AIP_STORAGE_URI": str(uri),
        **variables,
    }
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield Served(process, int(environment["AIP_HTTP_PORT"]))
        finally:
            process.kill()
