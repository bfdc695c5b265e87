"""Challengers that must not come into service, and what becomes of the version that is."""

import json
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1, storage

from tests.e2e.cloud_state import CloudState
from tests.faults.client import Caller
from tests.faults.steps import Run
from tests.local_cloud import LocalCloud
from timberline.run.compat import AirflowFailException

pytestmark = pytest.mark.slow


def _blob(cloud: LocalCloud, run: Run, name: str) -> Any:
    client = storage.Client(project=cloud.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    uri = f"{run.results['evaluate'][0]['model_uri']}/{name}"
    return storage.Blob.from_uri(uri, client=client)  # type: ignore[no-untyped-call]


def _instance(cloud: LocalCloud, run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_blob(cloud, run, "predictions.json").download_as_bytes())["instances"][0]
    return found


def _only_version_1_serves(cloud: LocalCloud) -> None:
    state = CloudState(cloud)
    assert state.champion() == "1"
    (endpoint,) = state.endpoints()
    assert [each.model_version_id for each in endpoint.deployed_models] == ["1"]
    assert list(endpoint.traffic_split.values()) == [100]
    assert state.problems() == []


def test_a_worse_challenger_is_rejected_and_nothing_is_deployed(released_cloud: LocalCloud) -> None:
    run = Run("second", min_gain=1.0).go()
    decision = run.results["gate"]["decision"]
    assert decision["action"] == "rejected"
    assert "against" in decision["reason"]
    assert run.results["deploy"] == run.results["smoke"] == run.results["promote"] == {}
    assert not [call for call in released_cloud.requests() if call["method"].endswith("deployModel")]
    _only_version_1_serves(released_cloud)


def test_a_first_version_below_the_floor_never_serves(empty_cloud: LocalCloud) -> None:
    Run("first", floor=1.01).go()
    state = CloudState(empty_cloud)
    assert state.endpoints() == []
    assert [set(version.version_aliases) for version in state.versions()] == [{"default", "candidate"}]


def test_a_broken_bundle_never_gets_a_request(released_cloud: LocalCloud) -> None:
    run = Run("second").go(before="register")
    blob = _blob(released_cloud, run, "model.json")
    intact = blob.download_as_bytes()
    blob.upload_from_string(b"broken")
    run.step("register")  # which copies the bundle
    blob.upload_from_string(intact)
    run.go(after="register", before="deploy")
    with Caller(released_cloud, _instance(released_cloud, run)) as caller:
        with pytest.raises(AirflowFailException, match="serves as before"):
            run.step("deploy")
        run.step("cleanup")
        caller.ask()
    assert caller.failures == []
    assert set(caller.versions) == {"1"}
    _only_version_1_serves(released_cloud)


def test_a_wrong_answer_rolls_back_while_the_former_version_answers(released_cloud: LocalCloud) -> None:
    run = Run("second").go(before="smoke")
    with Caller(released_cloud, _instance(released_cloud, run)) as caller:
        blob = _blob(released_cloud, run, "predictions.json")
        document = json.loads(blob.download_as_bytes())
        document["predictions"][0]["probability"] += 0.25
        blob.upload_from_string(json.dumps(document))
        assert run.step("smoke")["max_abs_difference"] == pytest.approx(0.25, abs=1e-5)
        with pytest.raises(AirflowFailException, match="was taken from"):
            run.step("promote")
    assert caller.failures == []
    assert caller.versions["1"] > 0
    _only_version_1_serves(released_cloud)


def test_a_promotion_is_seen_by_no_caller_as_a_failure(released_cloud: LocalCloud) -> None:
    run = Run("second").go(before="deploy")
    with Caller(released_cloud, _instance(released_cloud, run)) as caller:
        run.go(after="gate")
    assert caller.failures == []
    assert set(caller.versions) == {"1", "2"}
    assert CloudState(released_cloud).champion() == "2"


def test_an_endpoint_of_the_run_alone_is_gone_afterwards(released_cloud: LocalCloud) -> None:
    run = Run("second", serving="ephemeral").go()
    assert run.results["smoke"]["problem"] is None
    state = CloudState(released_cloud)
    assert state.champion() == "2"
    assert not [each for each in state.endpoints() if "timberline-run" in each.labels]


def test_a_champion_that_was_promoted_without_its_endpoint_is_on_it_after_a_rejected_challenger(
    released_cloud: LocalCloud,
) -> None:
    Run("second", serving="ephemeral").go()
    for _ in range(2):  # the same run again deploys nothing twice
        run = Run("third", min_gain=1.0).go()
        assert run.results["gate"]["decision"]["action"] == "rejected"
        state = CloudState(released_cloud)
        (endpoint,) = state.endpoints()
        assert [each.model_version_id for each in endpoint.deployed_models] == [state.champion()] == ["2"]
        assert list(endpoint.traffic_split.values()) == [100]
        assert state.problems() == []


def test_a_first_champion_whose_endpoint_was_torn_down_answers_after_a_rejected_challenger(
    empty_cloud: LocalCloud,
) -> None:
    Run("first", serving="ephemeral").go()
    run = Run("second", min_gain=1.0).go()
    assert [each["version"] for each in run.results["champions"]] == ["1"]
    _only_version_1_serves(empty_cloud)


def test_a_champion_without_an_endpoint_answers_after_a_challenger_that_was_rolled_back(
    empty_cloud: LocalCloud,
) -> None:
    Run("first", serving="ephemeral").go()
    run = Run("second").go(before="smoke")
    run.results["smoke"] = {}
    with pytest.raises(AirflowFailException, match="was taken from"):
        run.step("promote")
    run.step("champions")
    run.step("cleanup")
    _only_version_1_serves(empty_cloud)


def test_a_run_that_serves_nothing_promotes_all_the_same(released_cloud: LocalCloud) -> None:
    run = Run("second", serving="none").go()
    assert run.results["promote"] == {"segment": "3", "version": "2", "endpoint": None}
    assert CloudState(released_cloud).champion() == "2"


def _delete_version_1(cloud: LocalCloud) -> None:
    """Take version 1 down by hand, with everything that knows of it."""
    options: dict[str, Any] = {
        "transport": "rest", "client_options": {"api_endpoint": cloud.base_url}, "credentials": AnonymousCredentials(),
    }  # fmt: skip
    state = CloudState(cloud)
    (endpoint,) = state.endpoints()
    endpoints = aiplatform_v1.EndpointServiceClient(**options)
    endpoints.undeploy_model(endpoint=endpoint.name, deployed_model_id=endpoint.deployed_models[0].id).result()
    models = aiplatform_v1.ModelServiceClient(**options)
    name = state.versions()[0].name.partition("@")[0]
    models.merge_version_aliases(name=f"{name}@2", version_aliases=["default"])
    models.delete_model_version(name=f"{name}@1").result()


def test_a_champion_that_was_deleted_before_the_scoring_leaves_the_floor_to_decide(released_cloud: LocalCloud) -> None:
    run = Run("second").go(before="score")
    _delete_version_1(released_cloud)
    run.go(after="register")
    assert run.results["gate"]["decision"]["champion"] is None
    state = CloudState(released_cloud)
    assert state.champion() == "2"
    assert state.problems() == []


def test_a_champion_that_was_deleted_after_the_gate_ends_the_release_with_the_way_out(
    released_cloud: LocalCloud,
) -> None:
    run = Run("second").go(before="deploy")
    _delete_version_1(released_cloud)
    run.go(after="gate", before="promote")
    with pytest.raises(AirflowFailException, match="no version is in service now; clear"):
        run.step("promote")
    run.go(after="register")
    state = CloudState(released_cloud)
    assert state.champion() == "2"
    assert state.problems() == []


def test_a_champion_whose_bundle_is_gone_is_not_replaced_blindly(released_cloud: LocalCloud) -> None:
    run = Run("second").go(before="score")
    first = Run("first")
    uri = run.results["evaluate"][0]["model_uri"].replace(run.identity.run_key, first.identity.run_key)
    first.results["evaluate"] = [{"model_uri": uri}]
    _blob(released_cloud, first, "model.json").delete()
    run.go(after="register")
    decision = run.results["gate"]["decision"]
    assert decision["action"] == "rejected"
    assert "version 1 in service cannot be scored" in decision["reason"]
