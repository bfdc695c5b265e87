"""The parse time of the pipelines, against a DAG of airflow.sdk alone and one of the provider's operators."""

import statistics

from bench.measure import ROOT, Result, import_seconds

_REPEATS = 7
_PIPELINES = ("covertype_xgboost.py", "covertype_sgd.py")


def results() -> list[Result]:
    """Measure in turns, so that a slow moment of the machine affects all DAG files alike."""
    files = {
        "bare": ROOT / "bench" / "dags" / "bare.py",
        "provider": ROOT / "bench" / "dags" / "provider_chain.py",
        **{name: ROOT / "dags" / name for name in _PIPELINES},
    }
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(_REPEATS):
        for name, path in files.items():
            times[name].append(import_seconds(path))
    medians = {name: statistics.median(found) for name, found in times.items()}
    bare, provider = medians["bare"], medians["provider"]
    rows = [
        Result(
            "DAG import, bare DAG",
            f"{name} {medians[name]:.2f} s",
            f"airflow.sdk alone {bare:.2f} s",
            medians[name] / bare,
            "at most 1.15",
            medians[name] <= 1.15 * bare,
        )
        for name in _PIPELINES
    ]
    main, ours = _PIPELINES[0], medians[_PIPELINES[0]]
    return [
        *rows,
        Result(
            "DAG import, provider's operators",
            f"{main} {ours:.2f} s",
            f"the same chain of them {provider:.2f} s",
            ours / provider,
            "below 1",
            ours < provider,
        ),
    ]
