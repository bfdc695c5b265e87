"""What parsing the main DAG costs, against one that uses airflow.sdk alone and one made of the provider's operators."""

import statistics

from bench.measure import ROOT, Result, import_seconds

_REPEATS = 7


def results() -> list[Result]:
    """Measure in turns, so that a slow moment of the machine hits all three alike."""
    files = {
        "ours": ROOT / "dags" / "covertype_xgboost.py",
        "bare": ROOT / "bench" / "dags" / "bare.py",
        "provider": ROOT / "bench" / "dags" / "provider_chain.py",
    }
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(_REPEATS):
        for name, path in files.items():
            times[name].append(import_seconds(path))
    ours, bare, provider = (statistics.median(times[name]) for name in ("ours", "bare", "provider"))
    measured = f"covertype_xgboost.py {ours:.2f} s"
    return [
        Result(
            "DAG import, bare DAG",
            measured,
            f"airflow.sdk alone {bare:.2f} s",
            ours / bare,
            "at most 1.15",
            ours <= 1.15 * bare,
        ),
        Result(
            "DAG import, provider's operators",
            measured,
            f"the same chain of them {provider:.2f} s",
            ours / provider,
            "below 1",
            ours < provider,
        ),
    ]
