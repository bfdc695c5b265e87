"""The gate decides by the scores of one model of a pipeline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.registered import (
    register,
    score,
    write_include,
)
from timberline.evaluation.comparison import Comparison
from timberline.hooks.models import ModelsHook
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.operators.gate_challenger import GateOperator
from timberline.run.compat import AirflowFailException
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


def test_a_pipeline_of_one_model_names_it(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    model_id = f"one-{short_hash(run.dag_id)}"
    challenger = register(settings, run, model_id=model_id)
    assert challenger.model == models.model_name(model_id)
    ref = score(run, challenger)
    scores = {"split": "test", "challenger": {"uri": challenger.artifact_uri, "metrics": {"score": 0.9}}}
    uri = Comparison(challenger=challenger.version, champion=None).scores_uri(
        run.step_uri(settings.bucket, "score", "3")
    )
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, scores)

    def decide(**arguments: Any) -> Any:
        operator = GateOperator(
            task_id="gate", scoring=ref.to_json(), register_step="register", job_file="tiny.yaml", **arguments
        )
        return operator.execute(context_of(run))

    assert decide(model_id=model_id)["challenger"]["model"] == challenger.model
    assert decide(model_id=model_id)["decision"]["action"] == "promote"
    with pytest.raises(AirflowFailException, match="has no version of this run"):
        decide()
