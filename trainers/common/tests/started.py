"""Starts a trainer's task as a training service does: a process, told by its flags and its environment."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path


def start(argv: list[str], largest_file_bytes: int | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m trainer.task ARGV`; a write beyond `largest_file_bytes` fails half-way, as on a full disk."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-m", "trainer.task", *argv]

    def limit() -> None:
        if largest_file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, largest_file_bytes))

    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120, preexec_fn=limit
    )


def start_forked(modules: str, argv: list[str]) -> None:
    """Runs the task in a process forked from one that has imported `modules`, as a warm runner does."""
    program = (
        "import os, runpy, sys\n"
        f"import {modules}\n"
        "child = os.fork()\n"
        "if child:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "runpy.run_module('trainer.task', run_name='__main__', alter_sys=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, *argv], env=environment, check=True, timeout=120)


def figures(folder: Path, split: str) -> dict[str, float]:
    """Returns the metrics of a split in `metrics.json`, by name."""
    document = json.loads((folder / "metrics.json").read_text())
    return {metric["name"]: metric["value"] for metric in document["metrics"] if metric["split"] == split}
