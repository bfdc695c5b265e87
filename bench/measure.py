"""Shared by the benchmarks: fresh processes, medians, and the rows of the result table."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of RESULTS.md.

    Attributes:
        name: what was compared.
        measured, reference: what each side is, with its figure.
        ratio: measured / reference.
        budget: the limit of the ratio, in words.
        holds: whether the ratio is within the budget.
    """

    name: str
    measured: str
    reference: str
    ratio: float
    budget: str
    holds: bool

    def row(self) -> str:
        """Return the line as Markdown."""
        cells = (
            self.name,
            self.measured,
            self.reference,
            f"{self.ratio:.2f}",
            self.budget,
            "yes" if self.holds else "NO",
        )
        return f"| {' | '.join(cells)} |"


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median wall time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def import_seconds(path: Path) -> float:
    """Return how long a fresh interpreter takes to execute a DAG file, without its own start."""
    code = (
        "import importlib.util, sys, time\n"
        "start = time.perf_counter()\n"
        "spec = importlib.util.spec_from_file_location('measured', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(time.perf_counter() - start)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return float(output.stdout.strip().splitlines()[-1])
