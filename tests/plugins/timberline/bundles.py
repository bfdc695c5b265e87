"""Bundles in a bucket, and versions of them, without a training."""

from typing import Any

from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.storage import StorageHook
from timberline.release.ids import model_id
from timberline.release.versions import VersionRequest
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

IMAGE = "europe-west1-docker.pkg.dev/test-project/trainers/tiny:1"


def leave_bundle(settings: Settings, run: RunIdentity, segment: str = "3") -> str:
    """Write what a trainer leaves, and return its folder."""
    folder = f"{run.step_uri(settings.bucket, 'retrain', segment)}/model"
    StorageHook(settings.project, settings.region, CONNECTION).write_json(f"{folder}/metrics.json", {"metrics": []})
    return folder


def version_request(settings: Settings, run: RunIdentity, segment: str = "3", **changes: Any) -> VersionRequest:
    """Return a version that can be registered."""
    body = {
        "displayName": "a model",
        "artifactUri": leave_bundle(settings, run, segment),
        "containerSpec": {"imageUri": IMAGE, "predictRoute": "/predict", "healthRoute": "/health"},
        "labels": {"metric-f1": "0_9163"},
    }
    return VersionRequest(
        model_id=model_id(run.dag_id, segment), body=body | changes, run=run, step="register", segment=segment
    )
