"""Versions that are registered and scored in a test, with a tiny job file."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE
from tests.plugins.timberline.bundles import leave_bundle
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.data.datasets.covertype import COVERTYPE
from timberline.evaluation.comparison import Comparison
from timberline.hooks.models import ModelsHook
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobRef
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.release.results import Challenger
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

METRICS = {"f1": 0.91634, "roc_auc": None, "pr_auc": 0.8, "rows": 10}
_SPEC = """
    workerPoolSpecs:
      - machineSpec: {machineType: n1-standard-4}
        containerSpec: {imageUri: "{{ image_uri }}", args: [%s]}
    scheduling: {timeout: 600s}
"""
_HEAD = f"""
tuning:
  studySpec:
    metrics: [{{metricId: score, goal: MAXIMIZE}}]
    parameters: [{{parameterId: x, doubleValueSpec: {{minValue: 0, maxValue: 1}}}}]
  maxTrialCount: 1
  parallelTrialCount: 1
  trialJobSpec: {_SPEC % ""}
training: {_SPEC % ""}
"""
_SCORING = (
    "--of={{ segment }}",
    "--test={{ test_uri }}",
    "--challenger={{ challenger_uri }}",
    "--scores={{ scores_uri }}",
)
_FULL = f"""
scoring: {_SPEC % ", ".join(f'"{each}"' for each in _SCORING)}
serving:
  containerSpec:
    imageUri: "{{{{ image_uri }}}}"
    command: [python, -m, trainer.serve]
    args: ["--positive_class={{{{ segment }}}}"]
    predictRoute: /predict
    healthRoute: /health
  machineSpec: {{machineType: n1-standard-2}}
"""


def write_include(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder include/ with a full job file and one without a release, and let the deployment have it."""
    (folder / "include" / "sql").mkdir(parents=True)
    (folder / "include" / "jobs").mkdir()
    (folder / "include" / "jobs" / "tiny.yaml").write_text(_HEAD + _FULL)
    (folder / "include" / "jobs" / "bare.yaml").write_text(_HEAD)
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(folder / "include"))


def later(run: RunIdentity) -> RunIdentity:
    """Return a later run of the same pipeline."""
    return RunIdentity(run.dag_id, "two")


def register(settings: Settings, run: RunIdentity, job_file: str = "tiny.yaml", **changes: Any) -> Challenger:
    """Register a version of cover type 3."""
    evaluation = {"segment": "3", "model_uri": leave_bundle(settings, run), "metrics": METRICS, "timings": {}}
    operator = RegisterModelOperator(
        task_id="register",
        data_set=COVERTYPE,
        evaluation=evaluation,
        job_file=job_file,
        image_uri=IMAGE,
        **changes,
    )
    return Challenger.from_json(operator.execute(context_of(run)))


def score(run: RunIdentity, challenger: Challenger, job_file: str = "tiny.yaml") -> JobRef:
    """Submit the job that scores it."""
    operator = SubmitScoringJobOperator(
        task_id="score",
        challenger=challenger.to_json(),
        job_file=job_file,
        image_uri=IMAGE,
        split_uris={split: f"gs://bucket/{split}" for split in ("train", "validation", "test")},
    )
    return JobRef.from_json(operator.execute(context_of(run)))


def promote(models: ModelsHook, challenger: Challenger) -> None:
    """Put a version in service."""
    models.move_aliases(challenger.model, challenger.version, ["champion", "default", "-candidate"])


def arguments(hook: VertexJobsHook, ref: JobRef) -> list[str]:
    """Return what the container of a job gets."""
    job: Any = hook.client.get_custom_job(name=ref.name)
    return list(job.job_spec.worker_pool_specs[0].container_spec.args)


def leave_scores(settings: Settings, run: RunIdentity, challenger: Challenger, champion: str | None) -> str:
    """Write what a scoring job writes, and return where."""
    folder = run.step_uri(settings.bucket, "score", "3")
    uri = Comparison(challenger=challenger.version, champion=champion).scores_uri(folder)
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, {"split": "test"})
    return uri
