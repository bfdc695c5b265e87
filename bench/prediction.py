"""A steady stream of prediction requests against a deployed version: none lost, and how long the slowest take.

Requests are sent at fixed moments, whether or not the earlier ones have been answered, and a latency counts from the
moment at which its request was due: a server that stalls cannot hide it by slowing its clients down.
"""

import http.client
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.measure import Result

_REQUESTS_PER_S = 100
_SECONDS = 60
_CLIENTS = 16  # threads with a connection each
_P99_BUDGET_S = 0.1

_local = threading.local()


@dataclass(frozen=True)
class Load:
    """The number of failed requests, and the latency of each answer in seconds, sorted."""

    failed: int
    latencies_s: list[float]

    def quantile_s(self, share: float) -> float:
        """Return the latency that `share` of the answers do not exceed."""
        return self.latencies_s[min(len(self.latencies_s) - 1, int(share * len(self.latencies_s)))]


def send(address: str, path: str, body: bytes) -> Load:
    """Send the requests; return the failures and the latencies."""
    host = urlsplit(address).netloc
    begin = time.perf_counter() + 0.5
    moments = [begin + number / _REQUESTS_PER_S for number in range(_REQUESTS_PER_S * _SECONDS)]
    with ThreadPoolExecutor(_CLIENTS) as pool:
        results = list(pool.map(lambda due: _request(host, path, body, due), moments))
    return Load(failed=results.count(None), latencies_s=sorted(each for each in results if each is not None))


def _request(host: str, path: str, body: bytes, due: float) -> float | None:
    """Return the latency of one request in seconds; None if it was not answered with 200."""
    time.sleep(max(0.0, due - time.perf_counter()))
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        _local.connection = None
        sys.stderr.write(f"lost: {error!r}\n")
        return None
    return time.perf_counter() - due if answer.status == 200 else None


def results(instance: dict[str, Any], endpoint: str) -> list[Result]:
    """Measure an endpoint.

    Args:
        instance: one row in the form that the model version expects.
        endpoint: `projects/.../endpoints/<id>`.
    """
    address = os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"].rstrip("/")
    load = send(address, f"/v1/{endpoint}:predict", json.dumps({"instances": [instance]}).encode())
    sent = _REQUESTS_PER_S * _SECONDS
    p99_s = load.quantile_s(0.99)
    return [
        Result(
            name=f"Endpoint, {_REQUESTS_PER_S} requests/s for {_SECONDS} s",
            measured=f"{load.failed} of {sent:,} lost",
            reference="none",
            ratio=load.failed / sent,
            budget="0",
            holds=load.failed == 0,
        ),
        Result(
            name="Endpoint, latency",
            measured=f"p99 {p99_s * 1e3:.1f} ms (largest {load.latencies_s[-1] * 1e3:.0f} ms)",
            reference=f"p50 {load.quantile_s(0.5) * 1e3:.1f} ms",
            ratio=p99_s / load.quantile_s(0.5),
            budget=f"p99 at most {_P99_BUDGET_S * 1e3:.0f} ms",
            holds=p99_s <= _P99_BUDGET_S,
        ),
    ]
