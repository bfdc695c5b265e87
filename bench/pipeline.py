"""The main DAG on all rows: its tuning against the ideal and against a plain script, its quality against the defaults.

Runs inside a local cloud (`python -m localgcp run`), as `make demo` does.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import prediction
from bench.measure import ROOT, Result

_DAG_ID = "covertype_xgboost"
_TUNING_BUDGET = 1.25
# The defaults of the workshop's trainer.
_DEFAULTS = {"n_estimators": 300, "learning_rate": 0.1}
_COVER_TYPES = range(1, 8)


@dataclass(frozen=True)
class Tuning:
    """The time that the tuning jobs of a run took.

    Attributes:
        wall_s: from the first job's creation to the last one's end.
        fit_cpu_s: CPU seconds that the trials themselves spent fitting, summed.
        trials: the number of trials.
    """

    wall_s: float
    fit_cpu_s: float
    trials: int


def run_pipeline(log: Path) -> dict[str, Any]:
    """Run the DAG and return its report."""
    command = [sys.executable, "-m", "local.run_dag", _DAG_ID, "--log", str(log)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=sys.stderr)
    reports = [blob for blob in _bucket().list_blobs(prefix="runs/") if blob.name.endswith("/report.json")]
    newest = max(reports, key=lambda blob: blob.time_created)
    return dict(json.loads(newest.download_as_bytes()))


def tuning(run_key: str) -> Tuning:
    """Return the time that the tuning of a run took, from the service's own records and the trials' metrics."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform_v1

    endpoint = os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"].rstrip("/")
    client = aiplatform_v1.JobServiceClient(
        transport="rest", client_options={"api_endpoint": endpoint}, credentials=AnonymousCredentials()
    )
    parent = f"projects/{os.environ['GOOGLE_CLOUD_PROJECT']}/locations/europe-west1"
    found = client.list_hyperparameter_tuning_jobs(
        request={"parent": parent, "filter": f"labels.timberline-run={run_key} AND labels.timberline-step=tune"}
    )
    jobs = list(found)
    start: datetime = min(job.create_time for job in jobs)
    end: datetime = max(job.end_time for job in jobs)
    cpu = [_fit_cpu_s(job.trial_job_spec.base_output_directory.output_uri_prefix) for job in jobs]
    return Tuning((end - start).total_seconds(), sum(sum(values) for values in cpu), sum(len(values) for values in cpu))


def _fit_cpu_s(folder: str) -> list[float]:
    prefix = folder.removeprefix("gs://").partition("/")[2].rstrip("/") + "/"
    metrics = [blob for blob in _bucket().list_blobs(prefix=prefix) if blob.name.endswith("/metrics.json")]
    return [float(json.loads(blob.download_as_bytes())["timings"]["fit_cpu_s"]) for blob in metrics]


def default_macro_f1(run_key: str) -> float:
    """Return the macro F1 that the workshop's defaults reach on the rows of a run: train + validation, then test."""
    import pandas as pd
    from sklearn.metrics import f1_score
    from xgboost import XGBClassifier

    train = pd.concat([_split(run_key, "train"), _split(run_key, "validation")], ignore_index=True)
    test = _split(run_key, "test")
    categories = ["Wilderness_Area", "Soil_Type"]
    both = pd.get_dummies(pd.concat([train, test], ignore_index=True), columns=categories)
    labels = both.pop("Cover_Type").to_numpy()
    features = both.select_dtypes(["number", "bool"]).to_numpy(dtype="float32")
    size, scores = len(train), []
    for cover_type in _COVER_TYPES:
        target = labels == cover_type
        weight = float((~target[:size]).sum() / target[:size].sum())
        model = XGBClassifier(scale_pos_weight=weight, **_DEFAULTS).fit(features[:size], target[:size])
        scores.append(float(f1_score(target[size:], model.predict(features[size:]))))
    return sum(scores) / len(scores)


def _split(run_key: str, split: str) -> Any:
    import pandas as pd

    shards = [
        blob for blob in _bucket().list_blobs(prefix=f"runs/{run_key}/data/{split}/") if blob.name.endswith(".parquet")
    ]
    return pd.concat([pd.read_parquet(io.BytesIO(blob.download_as_bytes())) for blob in shards], ignore_index=True)


def _bucket() -> Any:
    from google.cloud import storage

    return storage.Client().bucket(f"{os.environ['GOOGLE_CLOUD_PROJECT']}-timberline")


def sequential_seconds(rows: Path, trials: int) -> float:
    """Return how long the plain script takes for as many trials per cover type."""
    command = [sys.executable, "-m", "bench.sequential", str(rows), str(trials)]
    output = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return float(json.loads(output.strip().splitlines()[-1])["seconds"])


def results(rows: Path) -> list[Result]:
    """Run the DAG and measure it; the environment must point clients to a local cloud."""
    cores = os.cpu_count() or 1
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = run_pipeline(Path(folder) / "airflow.log")
    wall_s = time.perf_counter() - start
    run_key, macro_f1 = report["run_key"], report["summary"]["value"]
    served = prediction.results(_instance(report["segments"][0]), report["segments"][0]["endpoint"])
    tuned = tuning(run_key)
    ideal_s = tuned.fit_cpu_s / cores
    plain_s = sequential_seconds(rows, tuned.trials // len(report["segments"]))
    defaults = default_macro_f1(run_key)
    measured = f"{tuned.trials} trials {tuned.wall_s:.0f} s"
    return [
        Result(
            "Tuning, ideal",
            measured,
            f"the trials' fitting CPU time / {cores} cores {ideal_s:.0f} s",
            tuned.wall_s / ideal_s,
            f"at most {_TUNING_BUDGET}",
            tuned.wall_s <= _TUNING_BUDGET * ideal_s,
        ),
        Result(
            "Tuning, plain script",
            measured,
            f"sequential script with as many trials {plain_s:.0f} s",
            tuned.wall_s / plain_s,
            "below 1",
            tuned.wall_s < plain_s,
        ),
        Result(
            "Macro F1 on the test split",
            f"the run's {macro_f1:.4f} ({wall_s:.0f} s in all)",
            f"the workshop's defaults {defaults:.4f}",
            macro_f1 / defaults,
            "above 1",
            macro_f1 > defaults,
        ),
        *served,
    ]


def _instance(segment: dict[str, Any]) -> dict[str, Any]:
    """Return one of the test rows that the trainer stored beside a model."""
    name = segment["model_uri"].partition("://")[2].partition("/")[2]
    document = json.loads(_bucket().blob(f"{name}/predictions.json").download_as_bytes())
    return dict(document["instances"][0])
