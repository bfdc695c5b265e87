"""Tuning and training jobs of the tiny trainer, submitted in a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobRef
from timberline.operators.pick_best_parameters import PickBestParametersOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

SPLIT_URIS = {split: f"gs://bucket/{split}" for split in ("train", "validation", "test")}
JOB_FILE = """
tuning:
  studySpec:
    metrics: [{metricId: score, goal: MAXIMIZE}]
    parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}},
                 {parameterId: steps, integerValueSpec: {minValue: 1, maxValue: 3}}]
  maxTrialCount: 4
  parallelTrialCount: 2
  trialJobSpec: &spec
    workerPoolSpecs:
      - machineSpec: {machineType: n1-standard-4}
        containerSpec:
          imageUri: "{{ image_uri }}"
          args: ["--segment={{ segment }}", "--train={{ train_uri }}"]
    scheduling: {timeout: 600s}
training: *spec
defaultParameters: {x: 0.5, steps: 2}
presets: {quick: {maxTrialCount: 2}}
"""


def write_include(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder include/ with the job file, and let the deployment have it."""
    (folder / "include" / "sql").mkdir(parents=True)
    (folder / "include" / "jobs").mkdir()
    (folder / "include" / "jobs" / "tiny.yaml").write_text(JOB_FILE)
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(folder / "include"))


def tune(run: RunIdentity, segment: str = "3", **changes: Any) -> JobRef:
    """Submit a tuning job."""
    arguments = {"job_file": "tiny.yaml", "image_uri": IMAGE, "split_uris": SPLIT_URIS, "preset": "quick", **changes}
    operator = SubmitTuningJobOperator(task_id="tune", segment=segment, **arguments)
    return JobRef.from_json(operator.execute(context_of(run)))


def retrain(run: RunIdentity, best: dict[str, Any]) -> JobRef:
    """Submit a training job."""
    operator = SubmitTrainingJobOperator(
        task_id="retrain", best=best, job_file="tiny.yaml", image_uri=IMAGE, split_uris=SPLIT_URIS
    )
    return JobRef.from_json(operator.execute(context_of(run)))


def pick_all(run: RunIdentity, refs: Sequence[JobRef] = (), segments: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the best parameters of tuning jobs."""
    jobs = [ref.to_json() for ref in refs] or None
    operator = PickBestParametersOperator(task_id="best", jobs=jobs, segments=segments, job_file="tiny.yaml")
    return list(operator.execute(context_of(run)))


def pick(run: RunIdentity, ref: JobRef) -> dict[str, Any]:
    """Return the best parameters of one tuning job."""
    (best,) = pick_all(run, [ref])
    return best


def ended(hook: VertexJobsHook, ref: JobRef) -> JobRef:
    """Wait for the end of a job, and return it."""
    wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
    return ref


def leave_metrics(settings: Settings, run: RunIdentity, segment: str, f1: float) -> None:
    """Write what a trainer leaves beside its model."""
    entry = {"goal": "MAXIMIZE", "split": "test", "rows": 10}
    metrics = [{"name": "f1-score", "value": f1, **entry}, {"name": "accuracy", "value": 0.9, **entry}]
    uri = f"{run.step_uri(settings.bucket, 'retrain', segment)}/model/metrics.json"
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, {"metrics": metrics})
