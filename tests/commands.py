"""`python -m localgcp` as a command; a fork, unless the start of the process is what a test is about."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.forks import forks_of

_TIMEOUT_S = 120


def localgcp(*arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end and return its exit code and output."""
    command = ["python", "-m", "localgcp", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        process = forks_of("tests.server_imports").launch(command, output, errors, os.environ if env is None else env)
        code = process.wait(_TIMEOUT_S)
        return subprocess.CompletedProcess(command, code, output.read_text(), errors.read_text())
