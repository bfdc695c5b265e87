"""Lists of many jobs: one page, and a filter that matches a few jobs."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.cloud import clients
from bench.measure import Result, median_seconds
from localgcp.testing.local_cloud import LocalCloud

_FEW, _MANY = 1_000, 10_000
_LABELS = 1_000
_REPEATS = 5
_LIST_BUDGET_S = 0.1


def _make(cloud: LocalCloud, numbers: range) -> None:
    job: dict[str, Any] = {
        "display_name": "held",
        "job_spec": {
            "worker_pool_specs": [
                {
                    "machine_spec": {"machine_type": "n1-standard-4"},
                    "replica_count": 1,
                    "container_spec": {"image_uri": "python:3.11"},
                }
            ]
        },
    }
    client, parent = clients.jobs(cloud), clients.parent(cloud)

    def create(number: int) -> None:
        labels = {"number": str(number % _LABELS)}
        client.create_custom_job(parent=parent, custom_job=job | {"labels": labels})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, numbers))


def _filtered_seconds(cloud: LocalCloud, expected: int) -> float:
    client = clients.jobs(cloud)
    request = {"parent": clients.parent(cloud), "filter": 'labels.number="7" AND state="JOB_STATE_QUEUED"'}

    def find() -> None:
        assert len(list(client.list_custom_jobs(request=request))) == expected

    return median_seconds(find, _REPEATS)


def _all_seconds(cloud: LocalCloud, count: int) -> float:
    """Return how long the server takes for all jobs in one page, without the client's parsing."""
    path = f"/v1/{clients.parent(cloud)}/customJobs?pageSize={count}"
    return median_seconds(lambda: cloud.call("GET", path), _REPEATS)


def results(cloud: LocalCloud) -> list[Result]:
    """Measure with few and with many jobs, which are held, so that none runs; a reset deletes them."""
    cloud.hold_jobs()
    _make(cloud, range(_FEW))
    list_s, few_s = _all_seconds(cloud, _FEW), _filtered_seconds(cloud, _FEW // _LABELS)
    start = time.perf_counter()
    _make(cloud, range(_FEW, _MANY))
    made_s = time.perf_counter() - start
    many_s = _filtered_seconds(cloud, _MANY // _LABELS)
    cloud.reset()
    clients.storage().create_bucket(clients.BUCKET)
    return [
        Result(
            f"localgcp, {_FEW:,} jobs listed",
            f"{list_s * 1e3:.0f} ms",
            f"{_LIST_BUDGET_S * 1e3:.0f} ms",
            list_s / _LIST_BUDGET_S,
            "at most 1",
            list_s <= _LIST_BUDGET_S,
        ),
        Result(
            f"localgcp, {_MANY // _LABELS} of {_MANY:,} jobs found by label and state",
            f"{many_s * 1e3:.0f} ms (made in {made_s:.0f} s)",
            f"{_FEW // _LABELS} of {_FEW:,} {few_s * 1e3:.0f} ms",
            many_s / few_s,
            f"at most {1.2 * _MANY / _FEW:.0f}",
            many_s <= 1.2 * few_s * _MANY / _FEW,
        ),
    ]
