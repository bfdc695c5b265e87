"""Many calls: the last queries are as fast as the first ones, and many clients at once all get answers."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from bench.cloud import clients
from bench.measure import Result
from localgcp.testing.local_cloud import LocalCloud

_QUERIES = 1_000
_EDGE = 100
_CLIENTS = 64
_ROUNDS = 10


def _query_seconds() -> list[float]:
    from google.cloud import bigquery

    client, config = clients.bigquery(), bigquery.QueryJobConfig(use_query_cache=False)
    client.query_and_wait("SELECT 1")
    times = []
    for _ in range(_QUERIES):
        start = time.perf_counter()
        list(client.query_and_wait("SELECT 1", job_config=config))
        times.append(time.perf_counter() - start)
    return times


def _mixed_calls(cloud: LocalCloud, number: int, rounds: int) -> int:
    """Write, read, query and list, and return how many calls were answered."""
    bucket, query, jobs = clients.storage().bucket(clients.BUCKET), clients.bigquery(), clients.jobs(cloud)
    for step in range(rounds):
        blob = bucket.blob(f"client-{number}/{step}")
        blob.upload_from_string(f"{number} {step}")
        assert blob.download_as_text() == f"{number} {step}"
        assert [tuple(row) for row in query.query_and_wait(f"SELECT {number} + {step}")] == [(number + step,)]
        list(jobs.list_custom_jobs(request={"parent": clients.parent(cloud), "page_size": 10}))
    return 4 * rounds


def _calls_per_second(cloud: LocalCloud, count: int, rounds: int) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        answered = sum(pool.map(lambda number: _mixed_calls(cloud, number, rounds), range(count)))
    return answered / (time.perf_counter() - start)


def results(cloud: LocalCloud) -> list[Result]:
    """Measure the queries and the clients; a call that fails ends the benchmark."""
    times = _query_seconds()
    first, last = statistics.median(times[:_EDGE]), statistics.median(times[-_EDGE:])
    one, many = _calls_per_second(cloud, 1, 5 * _ROUNDS), _calls_per_second(cloud, _CLIENTS, _ROUNDS)
    return [
        Result(
            f"localgcp, {_QUERIES:,} SELECT 1",
            f"the last {_EDGE} {last * 1e3:.1f} ms each",
            f"the first {_EDGE} {first * 1e3:.1f} ms each",
            last / first,
            "at most 1.2",
            last <= 1.2 * first,
        ),
        Result(
            f"localgcp, {_CLIENTS} clients at once",
            f"{many:.0f} calls/s, none failed",
            f"one client {one:.0f} calls/s",
            many / one,
            "at least 0.8",
            many >= 0.8 * one,
        ),
    ]
