"""The metrics beside each model."""

from pathlib import Path

import pytest

from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.tuned import leave_metrics, retrain, write_include
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.operators.evaluate import EvaluateOperator
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


def test_the_metrics_beside_the_model_are_read(hook: VertexJobsHook, run: RunIdentity, settings: Settings) -> None:
    ref = retrain(run, {"segment": "3", "parameters": {}})
    leave_metrics(settings, run, "3", 0.75)
    (found,) = EvaluateOperator(task_id="evaluate", jobs=[ref.to_json()]).execute(context_of(run))
    assert found["metrics"] == {"f1": 0.75, "accuracy": 0.9, "rows": 10}
    assert found["model_uri"] == f"{run.step_uri(settings.bucket, 'retrain', '3')}/model"


def test_missing_metrics_are_named(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = retrain(run, {"segment": "3", "parameters": {}})
    operator = EvaluateOperator(task_id="evaluate", jobs=[ref.to_json()])
    with pytest.raises(AirflowFailException, match=r"metrics.json does not exist"):
        operator.execute(context_of(run))
