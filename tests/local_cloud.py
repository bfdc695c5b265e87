"""A local cloud in a process of its own, as the tests drive it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any


class LocalCloud:
    """`python -m localgcp serve` on a state folder; it can be killed and started again on the same port."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.project = "test-project"
        self.port = 0
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "localgcp", "serve", "--state", str(self.state_dir), "--port", str(self.port)]
        log = (self.state_dir.parent / f"{self.state_dir.name}.log").open("a")
        self._process = subprocess.Popen(
            [*command, "--project", self.project],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        log.close()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"localgcp did not start: {(self.state_dir.parent / f'{self.state_dir.name}.log').read_text()}"
        announced = json.loads(line)
        self.port = announced["port"]
        self.environment = announced["environment"]

    def stop(self) -> None:
        """End as Ctrl-C does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End without warning."""
        self._end(signal.SIGKILL)

    def wait(self, timeout_s: float = 30) -> None:
        """Wait for a server that ends by itself, as after a `kill` fault."""
        assert self._process is not None
        self._process.wait(timeout_s)

    def restart(self, *, kill: bool = False) -> None:
        self._end(signal.SIGKILL if kill else signal.SIGINT)
        self.start()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)
            self._process.wait(60)
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=verb)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return dict(json.load(reply))

    def add_fault(self, method: str, action: str, **fields: Any) -> str:
        """Ask for a fault (see localgcp/faults.py) and return its id."""
        return str(self.call("POST", "/localgcp/faults", {"method": method, "action": action, **fields})["id"])

    def fault_is_consumed(self, fault_id: str) -> bool:
        return bool(self.call("GET", f"/localgcp/faults/{fault_id}")["remaining"] == 0)

    def clear_faults(self) -> None:
        self.call("DELETE", "/localgcp/faults")

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """Return the recorded calls, of one method or of all."""
        return list(self.call("GET", f"/localgcp/requests?method={method}")["requests"])
