"""The server's time to its first answer and its idle memory, against those of its imports alone."""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.measure import ROOT, Result
from localgcp.testing.local_cloud import LocalCloud

_REPEATS = 5
_BUDGET_S = 1.0
# Imports what `python -m localgcp serve` imports, and prints the seconds and the resident bytes.
_IMPORTS = (
    "import time; start = time.perf_counter()\n"
    "import localgcp.server.server, psutil\n"
    "print(time.perf_counter() - start, psutil.Process().memory_info().rss)\n"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds from the start of the process, and resident bytes then."""

    seconds: float
    rss_bytes: float


def _imports_alone() -> Cost:
    start = time.perf_counter()
    output = subprocess.run([sys.executable, "-c", _IMPORTS], check=True, capture_output=True, text=True, cwd=ROOT)
    return Cost(time.perf_counter() - start, float(output.stdout.split()[1]))


def _served() -> Cost:
    with tempfile.TemporaryDirectory() as name:
        cloud = LocalCloud(Path(name) / "state")
        start = time.perf_counter()
        cloud.start()
        cloud.call("GET", f"/storage/v1/b?project={cloud.project}")
        cost = Cost(time.perf_counter() - start, psutil.Process(cloud.pid).memory_info().rss)
        cloud.stop()
    return cost


def results() -> list[Result]:
    """Measure the server and its imports alone, in turns."""
    pairs = [(_imports_alone(), _served()) for _ in range(_REPEATS)]
    imports_s, served_s = (statistics.median(pair[side].seconds for pair in pairs) for side in (0, 1))
    imports_mib, served_mib = (statistics.median(pair[side].rss_bytes for pair in pairs) / 2**20 for side in (0, 1))
    return [
        Result(
            "localgcp, start to first answer",
            f"{served_s:.2f} s",
            f"its imports alone {imports_s:.2f} s",
            served_s / imports_s,
            f"at most {_BUDGET_S:.0f} s after imports",
            served_s - imports_s <= _BUDGET_S,
        ),
        Result(
            "localgcp, idle memory",
            f"{served_mib:.0f} MiB",
            f"its imports alone {imports_mib:.0f} MiB",
            served_mib / imports_mib,
            "at most 1.5",
            served_mib <= 1.5 * imports_mib,
        ),
    ]
