"""Start a trainer's task as a training service does: a process that reads its flags and its environment."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def run_task(
    argv: Sequence[str], largest_file_bytes: int | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m trainer.task ARGV` and return its exit code and output.

    Args:
        argv: The command line of the task.
        largest_file_bytes: A write beyond this size fails half-way, as it does on a full disk.
        variables: Further environment variables.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}

    def limit() -> None:
        if largest_file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, largest_file_bytes))

    return subprocess.run(
        [sys.executable, "-m", "trainer.task", *argv],
        env=environment, capture_output=True, text=True, check=False, timeout=120, preexec_fn=limit,
    )  # fmt: skip


def run_forked_task(modules: Sequence[str], argv: Sequence[str]) -> None:
    """Run the task in a process forked from one that has imported `modules`, as a runner with warm starts does."""
    program = (
        "import os, runpy, sys\n"
        f"import {', '.join(modules)}\n"
        "child = os.fork()\n"
        "if child:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "runpy.run_module('trainer.task', run_name='__main__', alter_sys=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, *argv], env=environment, check=True, timeout=120)


def read_metrics(folder: Path, split: str) -> dict[str, float | None]:
    """Return the metrics of a split in `metrics.json`, by name."""
    document = json.loads((folder / "metrics.json").read_text())
    return {metric["name"]: metric["value"] for metric in document["metrics"] if metric["split"] == split}


def list_files(folder: Path) -> list[str]:
    """Return the relative paths of all files in a folder and its subfolders, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
