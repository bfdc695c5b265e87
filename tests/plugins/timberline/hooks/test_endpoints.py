"""Endpoints and their traffic stay right whoever else changes them, and whatever answer is lost."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.released import Pipeline
from timberline.hooks.deployment import Deploying
from timberline.hooks.endpoints import DeployRequest, EndpointsHook
from timberline.release.endpoint_state import ServedEndpoint
from timberline.release.ids import Serving
from timberline.release.traffic import Split, with_canary
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings

_METHODS = "aiplatform.projects.locations.endpoints"


@pytest.fixture
def serving(settings: Settings, localgcp: LocalCloud, no_pause: Any) -> Iterator[EndpointsHook]:
    yield EndpointsHook(settings.project, settings.region, CONNECTION, sleep=no_pause)
    localgcp.clear_faults()


@pytest.fixture
def endpoint_id(run: RunIdentity) -> str:
    return f"e-{short_hash(run.run_id)}"


@pytest.fixture
def pipeline(cloud: LocalCloud, settings: Settings, run: RunIdentity) -> Pipeline:
    return Pipeline(settings, f"dag_{short_hash(run.run_id)}")


def test_all_who_make_an_endpoint_get_the_same_one(serving: EndpointsHook, endpoint_id: str) -> None:
    found: list[ServedEndpoint] = []
    makers = [
        threading.Thread(target=lambda: found.append(serving.ensure_endpoint(endpoint_id, "e", {"a": "b"})))
        for _ in range(4)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [each.name for each in found] == [serving.endpoint_name(endpoint_id)] * 4


def test_endpoints_are_found_by_their_labels(serving: EndpointsHook, endpoint_id: str) -> None:
    made = serving.ensure_endpoint(endpoint_id, "e", {"one": endpoint_id, "two": "b"})
    assert serving.endpoints({"one": endpoint_id, "two": "b"}) == [made]
    assert serving.endpoints({"one": endpoint_id, "two": "c"}) == []


def test_an_endpoint_is_made_with_its_description(serving: EndpointsHook, endpoint_id: str) -> None:
    name = serving.ensure_endpoint(endpoint_id, "e", {}, "cover types").name
    message: Any = serving.client.get_endpoint(name=name)
    assert (message.display_name, message.description) == ("e", "cover types")


def test_a_deployment_may_have_further_fields(serving: EndpointsHook, pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    request = DeployRequest(
        endpoint=serving.ensure_endpoint(f"o-{short_hash(pipeline.dag_id)}", "e", {}).name,
        deployed_model="1234567890",
        model=challenger.name,
        display_name="d",
        dedicated_resources={"machineSpec": {"machineType": "n1-standard-2"}, "minReplicaCount": 1},
        options={"enableAccessLogging": True, "disableContainerLogging": True},
    )
    deploying = Deploying(serving, request)
    while not deploying.is_up(60.0):
        pass
    message: Any = serving.client.get_endpoint(name=request.endpoint)
    (deployed,) = message.deployed_models
    assert (deployed.enable_access_logging, deployed.disable_container_logging) == (True, True)
    assert deployed.dedicated_resources.machine_spec.machine_type == "n1-standard-2"
    serving.delete_endpoint(request.endpoint)


def test_an_id_that_is_none_is_refused_in_the_services_words(serving: EndpointsHook) -> None:
    with pytest.raises(InputError, match=r"endpoint E_1: Vertex AI refuses: .*endpoint_id"):
        serving.ensure_endpoint("E_1", "e", {})


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_that_passes_is_tried_again(
    status: int, serving: EndpointsHook, endpoint_id: str, localgcp: LocalCloud
) -> None:
    faults = [localgcp.add_fault(f"{_METHODS}.{verb}", "error", status=status) for verb in ("create", "get")]
    serving.ensure_endpoint(endpoint_id, "e", {})
    assert all(localgcp.fault_is_consumed(fault) for fault in faults)


def test_a_service_that_never_answers_is_a_retryable_error(
    serving: EndpointsHook, endpoint_id: str, localgcp: LocalCloud
) -> None:
    localgcp.add_fault(f"{_METHODS}.get", "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable):
        serving.ensure_endpoint(endpoint_id, "e", {})


@pytest.mark.parametrize("verb", ["create", "delete"])
def test_a_lost_answer_is_no_second_endpoint_and_no_failure(
    verb: str, serving: EndpointsHook, endpoint_id: str, localgcp: LocalCloud
) -> None:
    fault = localgcp.add_fault(f"{_METHODS}.{verb}", "drop", appliesFirst=True)
    name = serving.ensure_endpoint(endpoint_id, "e", {}).name
    serving.delete_endpoint(name)
    assert localgcp.fault_is_consumed(fault)
    assert serving.endpoint(name) is None


def test_a_change_in_between_is_not_overwritten(serving: EndpointsHook, pipeline: Pipeline) -> None:
    deployments = [pipeline.deploy_as_first(str(number)) for number in (1, 2, 3)]
    name, ids = deployments[0].endpoint, [each.deployed_model for each in deployments]
    serving.set_traffic(name, lambda now: {ids[0]: 100})
    seen: list[Split] = []

    def change(now: ServedEndpoint) -> Split:
        seen.append(dict(now.split))
        if len(seen) == 1:
            EndpointsHook.set_traffic(serving, name, lambda other: with_canary(other.split, ids[1], 20))
        return with_canary(now.split, ids[2], 10)

    served = serving.set_traffic(name, change)
    assert served.split == {ids[0]: 72, ids[1]: 18, ids[2]: 10}
    assert len(seen) == 3


def test_traffic_of_an_endpoint_that_is_gone_is_a_final_error(serving: EndpointsHook, endpoint_id: str) -> None:
    with pytest.raises(InputError, match="does not exist any more"):
        serving.set_traffic(serving.endpoint_name(endpoint_id), lambda now: {})


def test_an_endpoint_is_deleted_with_all_that_serves_on_it(serving: EndpointsHook, pipeline: Pipeline) -> None:
    name = pipeline.deploy_as_first("1").endpoint
    second = pipeline.deploy_as_first("2")
    serving.set_traffic(name, lambda now: with_canary(now.split, second.deployed_model, 50))
    assert [serving.delete_endpoint(name), serving.delete_endpoint(name)] == [True, False]
    assert pipeline.served() is None


def test_the_heir_answers_when_the_only_one_with_requests_goes(serving: EndpointsHook, pipeline: Pipeline) -> None:
    first, second = pipeline.deploy_as_first("1"), pipeline.deploy_as_first("2")
    serving.set_traffic(first.endpoint, lambda now: {second.deployed_model: 100})
    serving.undeploy(first.endpoint, second.deployed_model, fallback=first.deployed_model)
    assert pipeline.split() == {first.version: 100}


def test_an_heir_that_is_gone_gets_nothing(serving: EndpointsHook, pipeline: Pipeline) -> None:
    first, second = pipeline.deploy_as_first("1"), pipeline.deploy_as_first("2")
    serving.set_traffic(first.endpoint, lambda now: {second.deployed_model: 100})
    serving.undeploy(first.endpoint, second.deployed_model, fallback="1234567890")
    assert pipeline.split() == {first.version: 0}


def test_undeploying_what_is_gone_is_no_failure(serving: EndpointsHook, pipeline: Pipeline) -> None:
    deployment = pipeline.deploy_as_first("1")
    assert pipeline.serving is Serving.ENDPOINT
    assert serving.undeploy(deployment.endpoint, "1234567890") is False
    assert serving.undeploy(serving.endpoint_name("none"), deployment.deployed_model) is False
