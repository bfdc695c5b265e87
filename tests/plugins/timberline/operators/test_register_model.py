"""A trained model becomes a version once, with its metrics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.registered import (
    METRICS,
    register,
    write_include,
)
from timberline.hooks.models import ModelsHook
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> RunIdentity:
    """A run of a pipeline of the test's own, and so with models of its own."""
    return RunIdentity(f"dag_{short_hash(request.node.nodeid)}", "one")


@pytest.fixture
def models(settings: Settings, cloud: LocalCloud) -> Iterator[ModelsHook]:
    yield ModelsHook(settings.project, settings.region, CONNECTION)
    cloud.clear_faults()


def test_a_registered_version_has_container_metrics_and_an_evaluation(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = register(settings, run)
    assert (challenger.segment, challenger.metrics) == ("3", METRICS)
    message: Any = models.client.get_model(name=challenger.name)
    assert message.artifact_uri == challenger.artifact_uri
    assert message.display_name == f"{run.dag_id} cover type 3"
    assert message.version_description == f"f1 0.9163, pr_auc 0.8000, rows 10; run {run.run_key}"
    container = message.container_spec
    assert (container.image_uri, list(container.args)) == (IMAGE, ["--positive_class=3"])
    assert (container.predict_route, container.health_route) == ("/predict", "/health")
    assert message.labels["metric-f1"] == "0_9163"
    assert message.labels["timberline-pipeline"] == run.dag_id
    (evaluation,) = models.client.list_model_evaluations(parent=challenger.name)
    assert evaluation.metrics["auPrc"] == 0.8


def test_a_second_try_of_the_task_returns_the_same_challenger(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = register(settings, run)
    assert register(settings, run) == first
    assert len(models.versions(first.model)) == 1
    assert len(list(models.client.list_model_evaluations(parent=first.name))) == 1
