"""A version comes up beside the one in service, once, or leaves no trace."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.released import SEGMENT, Pipeline
from timberline.evaluation.gate import Action
from timberline.operators.deploy_model import DeployModelOperator
from timberline.release.ids import Serving, deployed_model_id
from timberline.release.results import Deployment
from timberline.run.compat import AirflowFailException, AirflowSkipException, TaskDeferred
from timberline.run.identity import RUN_LABEL, SEGMENT_LABEL
from timberline.triggers.operation import OperationTrigger

_DEPLOY = "aiplatform.projects.locations.endpoints.deployModel"
_CREATE = "aiplatform.projects.locations.endpoints.create"
_UPDATE = "aiplatform.projects.locations.endpoints.patch"


def test_the_first_version_gets_all_requests(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    deployment = Deployment.from_json(pipeline.deploy("1", challenger))
    assert (deployment.version, deployment.percent) == (challenger.version, 100)
    assert deployment.deployed_model == deployed_model_id(pipeline.run("1"), SEGMENT, challenger.version)
    assert pipeline.split() == {challenger.version: 100}


def test_a_canary_leaves_the_rest_to_the_version_in_service(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2")
    deployment = pipeline.deploy("2", challenger, champion.version)
    assert deployment["percent"] == 10
    assert pipeline.split() == {champion.version: 90, challenger.version: 10}


def test_a_pipelines_endpoint_carries_the_pipelines_labels_and_not_the_runs(pipeline: Pipeline) -> None:
    pipeline.deploy("1", pipeline.registered("1"))
    served = pipeline.served()
    assert served is not None
    assert dict(served.labels) == {"timberline-pipeline": pipeline.dag_id, SEGMENT_LABEL: SEGMENT}


def test_an_ephemeral_endpoint_is_the_runs_own(pipeline: Pipeline) -> None:
    pipeline.serving = Serving.EPHEMERAL
    pipeline.deploy("1", pipeline.registered("1"))
    served = pipeline.served("1")
    assert served is not None
    assert served.labels[RUN_LABEL] == pipeline.run("1").run_key
    assert pipeline.served("2") is None


def test_a_second_try_deploys_nothing_again(pipeline: Pipeline, cloud: LocalCloud) -> None:
    challenger = pipeline.registered("1")
    first = pipeline.deploy("1", challenger)
    calls = len(cloud.requests(_DEPLOY))
    assert pipeline.deploy("1", challenger) == first
    assert len(cloud.requests(_DEPLOY)) == calls


@pytest.mark.parametrize("method", [_CREATE, _DEPLOY, _UPDATE])
def test_a_lost_answer_changes_nothing(method: str, pipeline: Pipeline, cloud: LocalCloud) -> None:
    champion = pipeline.release("1")
    pipeline.serving = Serving.EPHEMERAL if method == _CREATE else Serving.ENDPOINT
    challenger = pipeline.registered("2")
    fault = cloud.add_fault(method, "drop", appliesFirst=True)
    deployment = pipeline.deploy("2", challenger, champion.version)
    assert cloud.fault_is_consumed(fault)
    served = pipeline.served("2")
    assert served is not None
    assert [each.id for each in served.deployed if each.version == challenger.version] == [deployment["deployed_model"]]
    assert served.split[deployment["deployed_model"]] == deployment["percent"]


def test_two_tries_at_once_deploy_once(pipeline: Pipeline, tmp_path: Path) -> None:
    gate = tmp_path / "healthy"
    challenger = pipeline.registered("1", wait_for=gate)
    found: list[Any] = []
    tries = [threading.Thread(target=lambda: found.append(pipeline.deploy("1", challenger))) for _ in range(2)]
    for each in tries:
        each.start()
    gate.touch()
    for each in tries:
        each.join()
    assert found[0] == found[1]
    assert pipeline.split() == {challenger.version: 100}


def test_two_runs_at_once_share_the_endpoint(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challengers = {run_id: pipeline.registered(run_id) for run_id in ("2", "3")}
    threads = [
        threading.Thread(target=pipeline.deploy, args=(run_id, challenger, champion.version))
        for run_id, challenger in challengers.items()
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    split = pipeline.split()
    assert sorted(split) == sorted([champion.version, *(each.version for each in challengers.values())])
    assert (split.pop(champion.version), sorted(split.values())) == (81, [9, 10])


def test_a_version_that_was_taken_down_can_be_deployed_again(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    first = pipeline.deploy("1", challenger)
    pipeline.hook.undeploy(first["endpoint"], first["deployed_model"])
    assert pipeline.deploy("1", challenger) == first
    assert pipeline.split() == {challenger.version: 100}


def test_a_version_that_does_not_come_up_leaves_the_endpoint_as_it_was(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2", "exit")
    with pytest.raises(AirflowFailException, match=r"(?s)does not come up on .*serves as before: .*bundle cannot be"):
        pipeline.deploy("2", challenger, champion.version)
    assert pipeline.split() == {champion.version: 100}


def test_a_passed_deadline_ends_the_wait(pipeline: Pipeline, tmp_path: Path) -> None:
    challenger = pipeline.registered("1", wait_for=tmp_path / "never")
    with pytest.raises(AirflowFailException, match="not healthy after 0 s"):
        pipeline.deploy("1", challenger, deploy_timeout_s=0.1)
    (tmp_path / "never").touch()


def test_a_rejected_version_is_skipped(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    decision = pipeline.decision(challenger, action=Action.REJECTED)
    with pytest.raises(AirflowSkipException, match="did not pass the gate: f1-score"):
        pipeline.deploy("1", challenger, decision=decision)
    assert pipeline.served() is None


def test_where_nothing_is_served_nothing_is_deployed_and_the_promotion_goes_on(pipeline: Pipeline) -> None:
    assert pipeline.deploy("1", pipeline.registered("1"), serving="none") == {}
    assert pipeline.served() is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"canary_percent": 0}, "canary_percent: expected 1 to 100"), ({"serving": "endpoin"}, "unknown value")],
)
def test_an_impossible_parameter_makes_nothing(changes: dict[str, Any], words: str, pipeline: Pipeline) -> None:
    with pytest.raises(AirflowFailException, match=words):
        pipeline.deploy("1", pipeline.registered("1"), **changes)
    assert pipeline.served() is None


def test_a_version_that_takes_long_is_waited_for_in_the_triggerer(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.operators.deploying._PATIENCE_S", 0.0)
    gate = tmp_path / "healthy"
    challenger = pipeline.registered("1", wait_for=gate)
    with pytest.raises(TaskDeferred) as deferred:
        pipeline.deploy("1", challenger, deferrable=True, deploy_timeout_s=600)
    trigger = deferred.value.trigger
    assert isinstance(trigger, OperationTrigger)
    assert trigger.operation
    assert trigger.deadline_s == pytest.approx(time.time() + 600, abs=60)
    gate.touch()
    wait_until(lambda: pipeline.hook.operation(trigger.operation or ""), lambda status: status.done)
    event = {"reason": "finished", "operation": trigger.operation, "deadline_s": trigger.deadline_s}
    operator = DeployModelOperator(
        task_id="deploy",
        decision=pipeline.decision(challenger),
        challenger=challenger.to_json(),
        job_file="tiny.yaml",
        deferrable=True,
    )
    deployment = operator.execute_complete(context_of(pipeline.run("1")), event)
    assert deployment["percent"] == 100
