"""After a run that keeps endpoints the version in service of every segment answers."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.released import SEGMENT, Pipeline
from timberline.operators.serve_champions import ServeChampionsOperator
from timberline.release.ids import Serving
from timberline.run.compat import AirflowFailException, AirflowSkipException, TaskDeferred
from timberline.run.identity import SEGMENT_LABEL
from timberline.triggers.operation import OperationTrigger

_DEPLOY = "aiplatform.projects.locations.endpoints.deployModel"
_CHANGING = ("deployModel", "undeployModel", "endpoints.patch", "endpoints.create")


def _operator(**changes: Any) -> ServeChampionsOperator:
    arguments = {"segments": [SEGMENT], "job_file": "tiny.yaml", "serving": "endpoint", "deferrable": False}
    return ServeChampionsOperator(task_id="champions", **(arguments | changes))


def _serve(pipeline: Pipeline, run_id: str, **changes: Any) -> list[dict[str, str]]:
    return list(_operator(**changes).execute(context_of(pipeline.run(run_id))))


def _changes(cloud: LocalCloud) -> int:
    return len([call for call in cloud.requests() if call["method"].endswith(_CHANGING)])


def _champion_without_endpoint(pipeline: Pipeline, *, answer: Any = 0.25, wait_for: Path | None = None) -> str:
    champion = pipeline.registered("1", answer, wait_for=wait_for)
    pipeline.make_champion(champion)
    return champion.version


def test_a_champion_without_an_endpoint_gets_one_with_all_requests(pipeline: Pipeline) -> None:
    version = _champion_without_endpoint(pipeline)
    (served,) = _serve(pipeline, "2")
    assert (served["segment"], served["version"]) == (SEGMENT, version)
    assert pipeline.split() == {version: 100}
    endpoint = pipeline.served()
    assert endpoint is not None
    assert dict(endpoint.labels) == {"timberline-pipeline": pipeline.dag_id, SEGMENT_LABEL: SEGMENT}


def test_a_champion_that_answers_is_not_touched(pipeline: Pipeline, cloud: LocalCloud) -> None:
    champion = pipeline.release("1")
    before = _changes(cloud)
    assert [each["version"] for each in _serve(pipeline, "2")] == [champion.version]
    assert _changes(cloud) == before


def test_the_same_run_again_deploys_nothing_twice(pipeline: Pipeline, cloud: LocalCloud) -> None:
    _champion_without_endpoint(pipeline)
    first = _serve(pipeline, "2")
    before = _changes(cloud)
    assert _serve(pipeline, "2") == first
    assert _changes(cloud) == before


def test_a_champion_that_was_promoted_without_an_endpoint_replaces_its_predecessor(pipeline: Pipeline) -> None:
    pipeline.release("1")
    champion = pipeline.registered("2")
    pipeline.make_champion(champion)
    _serve(pipeline, "3")
    assert pipeline.split() == {champion.version: 100}


def test_a_segment_without_a_champion_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.registered("1")
    assert _serve(pipeline, "1") == []
    assert pipeline.served() is None


@pytest.mark.parametrize("serving", [Serving.EPHEMERAL, Serving.NONE])
def test_a_run_that_keeps_no_endpoints_skips_the_step(serving: Serving, pipeline: Pipeline) -> None:
    _champion_without_endpoint(pipeline)
    with pytest.raises(AirflowSkipException, match="keeps no endpoints"):
        _serve(pipeline, "2", serving=serving.value)
    assert pipeline.served() is None


def test_a_run_that_planned_nothing_serves_nothing(pipeline: Pipeline) -> None:
    assert _serve(pipeline, "1", segments=None) == []


def test_a_champion_that_does_not_come_up_is_named(pipeline: Pipeline) -> None:
    _champion_without_endpoint(pipeline, answer="exit")
    with pytest.raises(AirflowFailException, match=rf"(?s)segment {SEGMENT}: .*does not come up"):
        _serve(pipeline, "2")


def test_a_lost_answer_deploys_once(pipeline: Pipeline, cloud: LocalCloud) -> None:
    version = _champion_without_endpoint(pipeline)
    fault = cloud.add_fault(_DEPLOY, "drop", appliesFirst=True)
    _serve(pipeline, "2")
    assert cloud.fault_is_consumed(fault)
    assert pipeline.split() == {version: 100}


def test_an_endpoint_of_a_named_model_is_created_with_its_name_and_labels(pipeline: Pipeline) -> None:
    version = _champion_without_endpoint(pipeline)
    _serve(pipeline, "2", display_name="forest", labels={"domain": "forestry"})
    endpoint = pipeline.served()
    assert endpoint is not None
    assert endpoint.labels["domain"] == "forestry"
    assert pipeline.split() == {version: 100}


def test_a_champion_that_takes_long_is_waited_for_in_the_triggerer(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.operators.deploying._PATIENCE_S", 0.0)
    gate = tmp_path / "healthy"
    version = _champion_without_endpoint(pipeline, wait_for=gate)
    with pytest.raises(TaskDeferred) as deferred:
        _serve(pipeline, "2", deferrable=True)
    trigger = deferred.value.trigger
    assert isinstance(trigger, OperationTrigger)
    gate.touch()
    wait_until(pipeline.served, lambda served: served is not None and bool(served.deployed))
    event = {"reason": "finished", "operation": trigger.operation, "deadline_s": trigger.deadline_s}
    (served,) = _operator(deferrable=True).execute_complete(context_of(pipeline.run("2")), event)
    assert served["version"] == version
    assert pipeline.split() == {version: 100}
