"""Benchmarks of the local cloud alone: its start, its calls, its data and its trials."""

import tempfile
from pathlib import Path

from bench.cloud import calls, clients, data, jobs, start, trials
from bench.measure import Result
from localgcp.testing.local_cloud import LocalCloud


def results(rows: Path) -> list[Result]:
    """Measure everything on servers that this function starts.

    Args:
        rows: the gzipped CSV file with the rows of the Covertype data set.
    """
    found = start.results()
    with tempfile.TemporaryDirectory() as name:
        cloud = LocalCloud(Path(name) / "state")
        cloud.start()
        try:
            with clients.client_environment(cloud):
                for part in (calls.results, jobs.results, trials.results):
                    found += part(cloud)
                found += data.results(rows, Path(name))
        finally:
            cloud.stop()
    return found
