"""Vertex AI endpoints and the models deployed on them, through the official client."""

from typing import Any

import psutil
import pytest
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    FailedPrecondition,
    MethodNotImplemented,
    NotFound,
    ServiceUnavailable,
)
from google.cloud.aiplatform_v1 import Endpoint, EndpointServiceClient, ModelServiceClient

from tests.contract.serving import (
    RESOURCES,
    begin_deploy,
    deploy,
    endpoints_client,
    new_endpoint,
    predict,
    predictions,
    upload_model,
)
from tests.contract.training import parent, rest, wait_until
from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> EndpointServiceClient:
    return endpoints_client(localgcp)


@pytest.fixture(scope="module")
def model(localgcp: LocalCloud) -> str:
    return upload_model(localgcp, "a")


def refusal(client: EndpointServiceClient, endpoint: str, deployed: dict[str, Any], **split: int) -> str:
    """Return the message with which a deployment is refused."""
    with pytest.raises(BadRequest) as refused:
        client.deploy_model(endpoint=endpoint, deployed_model=deployed, traffic_split=split)
    return str(refused.value)


def change(client: EndpointServiceClient, name: str, mask: str, **fields: Any) -> Endpoint:
    return client.update_endpoint(endpoint={"name": name, **fields}, update_mask={"paths": [mask]})


class TestEndpoint:
    def test_endpoint_has_the_requested_id(self, localgcp: LocalCloud) -> None:
        assert new_endpoint(localgcp, "covertype").endswith("/locations/europe-west1/endpoints/covertype")

    def test_used_endpoint_id_is_a_conflict(self, localgcp: LocalCloud) -> None:
        new_endpoint(localgcp, "taken")
        with pytest.raises(Conflict, match="already exists"):
            new_endpoint(localgcp, "taken")

    @pytest.mark.parametrize("endpoint_id", ["Upper", "a_b", "a-", "1234567890", "01", "-a", "a" * 64])
    def test_id_that_google_does_not_allow_is_refused(self, localgcp: LocalCloud, endpoint_id: str) -> None:
        with pytest.raises(BadRequest, match="endpoint_id"):
            new_endpoint(localgcp, endpoint_id)

    def test_endpoint_without_a_requested_id_gets_a_number(self, localgcp: LocalCloud) -> None:
        assert new_endpoint(localgcp).rpartition("/")[2].isdigit()

    def test_endpoint_without_a_display_name_is_refused(self, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="display_name"):
            new_endpoint(localgcp, display_name="")

    def test_network_of_an_endpoint_is_not_implemented(self, localgcp: LocalCloud) -> None:
        with pytest.raises(MethodNotImplemented, match=r"endpoint\.network"):
            new_endpoint(localgcp, network="projects/1/global/networks/n")

    def test_unknown_endpoint_is_not_found(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            client.get_endpoint(name=f"{parent(localgcp)}/endpoints/none")

    def test_endpoint_is_listed_by_label_and_name(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp, "listed", display_name="listed", labels={"run": "one"})
        for text in ('labels.run="one"', 'display_name="listed"', "endpoint=listed"):
            found = client.list_endpoints(request={"parent": parent(localgcp), "filter": text})
            assert [endpoint.name for endpoint in found] == [name]

    def test_pages_hold_each_endpoint_once(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        names = [new_endpoint(localgcp, labels={"page": "p"}) for _ in range(3)]
        request = {"parent": parent(localgcp), "filter": "labels.page=p", "page_size": 2, "order_by": "create_time"}
        assert [endpoint.name for endpoint in client.list_endpoints(request=request)] == names

    def test_patch_changes_what_the_mask_names(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp, labels={"a": "b"})
        changed = change(client, name, "labels", labels={"c": "d"}, display_name="ignored")
        assert (dict(changed.labels), changed.display_name) == ({"c": "d"}, "endpoint")
        assert changed.update_time > changed.create_time

    def test_patch_with_an_old_etag_is_refused(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        etag = client.get_endpoint(name=name).etag
        change(client, name, "description", description="new", etag=etag)
        with pytest.raises(Conflict, match="has changed since"):
            change(client, name, "description", description="newer", etag=etag)

    def test_patch_of_another_field_is_refused(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="createTime"):
            change(client, new_endpoint(localgcp), "create_time")

    def test_deleted_endpoint_is_not_found(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        client.delete_endpoint(name=name).result()
        with pytest.raises(NotFound):
            client.get_endpoint(name=name)


class TestDeploy:
    def test_endpoint_shows_the_model_when_it_serves(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deployed = deploy(localgcp, endpoint, model, "7", {"0": 100})
        found = client.get_endpoint(name=endpoint)
        assert list(found.deployed_models) == [deployed]
        assert dict(found.traffic_split) == {"7": 100}
        assert (deployed.id, deployed.model_version_id, deployed.display_name) == ("7", "1", "a")
        assert deployed.model == model.partition("@")[0]
        assert predict(localgcp, endpoint, [1]).deployed_model_id == "7"

    def test_deployment_without_a_split_keeps_the_traffic(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        deploy(localgcp, endpoint, model, "2")
        assert dict(client.get_endpoint(name=endpoint).traffic_split) == {"1": 100}

    def test_deployment_takes_the_version_of_an_alias(self, localgcp: LocalCloud) -> None:
        first = upload_model(localgcp, "first")
        second = upload_model(localgcp, "second", parent_model=first.partition("@")[0])
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, second, split={"0": 100})
        found = predict(localgcp, endpoint, [1])
        assert found.model_version_id == second.partition("@")[2]
        assert predictions(localgcp, endpoint, [1])[0]["model"] == "second"
        default = deploy(localgcp, endpoint, first.partition("@")[0])
        assert default.model_version_id == "1"

    def test_model_lists_the_endpoints_on_which_it_is_deployed(self, localgcp: LocalCloud) -> None:
        name = upload_model(localgcp, "told")
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, name, "5")
        models = ModelServiceClient(**rest(localgcp))
        found = models.get_model(name=name).deployed_models
        assert [(place.endpoint, place.deployed_model_id) for place in found] == [(endpoint, "5")]
        with pytest.raises(BadRequest, match="Undeploy"):
            models.delete_model(name=name.partition("@")[0])

    def test_id_of_a_deployed_model_is_a_conflict(self, localgcp: LocalCloud, model: str) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1")
        with pytest.raises(Conflict, match="DeployedModel 1 already"):
            begin_deploy(localgcp, endpoint, model, "1")

    def test_id_of_an_unfinished_deployment_is_a_conflict(self, localgcp: LocalCloud) -> None:
        slow = upload_model(localgcp, "slow", TINY_SLEEP="0.5")
        endpoint = new_endpoint(localgcp)
        first = begin_deploy(localgcp, endpoint, slow, "1")
        with pytest.raises(Conflict):
            begin_deploy(localgcp, endpoint, slow, "1")
        first.result(timeout=60)

    def test_unknown_model_of_a_deployment_is_not_found(self, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            begin_deploy(localgcp, new_endpoint(localgcp), f"{parent(localgcp)}/models/none@1")

    def test_wrong_fields_are_named(self, client: EndpointServiceClient, localgcp: LocalCloud, model: str) -> None:
        endpoint = new_endpoint(localgcp)
        assert "deployed_model.id" in refusal(client, endpoint, {"model": model, "id": "12345678901"})
        assert "dedicated_resources" in refusal(client, endpoint, {"model": model})
        machine = {"machine_spec": {"machine_type": "n1-standard-2"}}
        deployed: dict[str, Any] = {"model": model, "dedicated_resources": machine}
        assert "min_replica_count" in refusal(client, endpoint, deployed)
        deployed = {"model": model, "dedicated_resources": {"min_replica_count": 1}}
        assert "machine_type" in refusal(client, endpoint, deployed)
        deployed = {"model": model, "automatic_resources": {"min_replica_count": 1}}
        assert "'automatic_resources' is not supported" in refusal(client, endpoint, deployed)

    def test_split_must_sum_to_100_and_name_deployed_models(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deployed = {"model": model, "dedicated_resources": RESOURCES}
        assert "sum to 90" in refusal(client, endpoint, deployed, **{"0": 90})
        assert "DeployedModel ID(s) [9] do not exist" in refusal(client, endpoint, deployed, **{"0": 50, "9": 50})

    def test_process_that_exits_fails_the_deployment_and_changes_nothing(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        before = client.get_endpoint(name=endpoint)
        operation = begin_deploy(localgcp, endpoint, upload_model(localgcp, TINY_EXIT="3"), "2", {"0": 100})
        with pytest.raises(FailedPrecondition, match="Model server exited unexpectedly with status 3") as failed:
            operation.result(timeout=60)
        assert "the tiny server starts" in str(failed.value)
        assert operation.metadata.deployment_stage.name == "FAILED_TO_DEPLOY"
        assert client.get_endpoint(name=endpoint) == before

    def test_model_that_is_never_healthy_fails_the_deployment(
        self, client: EndpointServiceClient, localgcp: LocalCloud
    ) -> None:
        endpoint = new_endpoint(localgcp)
        sick = upload_model(localgcp, TINY_SLEEP="60", deployment_timeout={"seconds": 1})
        with pytest.raises(FailedPrecondition, match="Model server never became ready"):
            begin_deploy(localgcp, endpoint, sick).result(timeout=60)
        assert not client.get_endpoint(name=endpoint).deployed_models

    def test_unknown_image_fails_the_deployment(self, localgcp: LocalCloud) -> None:
        image = "europe-west1-docker.pkg.dev/p/r/none:1"
        name = upload_model(localgcp, image_uri=image)
        with pytest.raises(FailedPrecondition, match=image):
            begin_deploy(localgcp, new_endpoint(localgcp), name).result(timeout=60)

    def test_split_is_checked_when_it_takes_effect(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        slow = upload_model(localgcp, TINY_SLEEP="0.5")
        operation = begin_deploy(localgcp, endpoint, slow, "2", {"0": 50, "1": 50})
        client.undeploy_model(endpoint=endpoint, deployed_model_id="1").result()
        with pytest.raises(BadRequest, match=r"\[1\] do not exist"):
            operation.result(timeout=60)
        assert not client.get_endpoint(name=endpoint).deployed_models

    def test_two_deployments_at_once_both_take_effect(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        first = begin_deploy(localgcp, endpoint, upload_model(localgcp, TINY_SLEEP="0.3"), "1", {"0": 100})
        second = begin_deploy(localgcp, endpoint, upload_model(localgcp, TINY_SLEEP="1"), "2", {"0": 50, "1": 50})
        first.result(timeout=60)
        second.result(timeout=60)
        found = client.get_endpoint(name=endpoint)
        assert [deployed.id for deployed in found.deployed_models] == ["1", "2"]
        assert dict(found.traffic_split) == {"1": 50, "2": 50}

    def test_endpoint_with_models_is_not_deleted(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1")
        with pytest.raises(BadRequest, match="Undeploy them first"):
            client.delete_endpoint(name=endpoint)

    def test_replica_counts_can_be_changed(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1")
        wanted = {"id": "1", "dedicated_resources": {"max_replica_count": 3}}
        mask = {"paths": ["dedicated_resources.max_replica_count"]}
        request = {"endpoint": endpoint, "deployed_model": wanted, "update_mask": mask}
        client.mutate_deployed_model(request=request).result()
        found = client.get_endpoint(name=endpoint).deployed_models[0].dedicated_resources
        assert (found.min_replica_count, found.max_replica_count) == (1, 3)
        assert found.machine_spec.machine_type == "n1-standard-2"


class TestUndeploy:
    def test_last_model_leaves_no_traffic_and_no_process(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        pid = int(predictions(localgcp, endpoint, [{"pid": True}])[0])
        client.undeploy_model(endpoint=endpoint, deployed_model_id="1").result(timeout=60)
        found = client.get_endpoint(name=endpoint)
        assert not found.deployed_models
        assert not found.traffic_split
        assert not psutil.pid_exists(pid)

    def test_model_with_traffic_stays(self, client: EndpointServiceClient, localgcp: LocalCloud, model: str) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        deploy(localgcp, endpoint, model, "2")
        with pytest.raises(BadRequest, match="has 100 percent of the traffic"):
            client.undeploy_model(endpoint=endpoint, deployed_model_id="1")
        client.undeploy_model(endpoint=endpoint, deployed_model_id="1", traffic_split={"2": 100}).result(timeout=60)
        assert dict(client.get_endpoint(name=endpoint).traffic_split) == {"2": 100}

    def test_model_that_is_not_deployed_is_not_found(self, client: EndpointServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound, match="no DeployedModel '9'"):
            client.undeploy_model(endpoint=new_endpoint(localgcp), deployed_model_id="9")

    def test_split_with_another_model_is_refused(
        self, client: EndpointServiceClient, localgcp: LocalCloud, model: str
    ) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1")
        with pytest.raises(BadRequest, match=r"\[0\] do not exist"):
            client.undeploy_model(endpoint=endpoint, deployed_model_id="1", traffic_split={"0": 100})


class TestRestart:
    def test_restarted_server_serves_the_deployed_models(self, fresh_localgcp: LocalCloud) -> None:
        cloud = fresh_localgcp
        endpoint = new_endpoint(cloud)
        deploy(cloud, endpoint, upload_model(cloud, "back"), "1", {"0": 100})
        cloud.restart(kill=True)
        wait_until(lambda: is_serving(cloud, endpoint), bool)
        assert predictions(cloud, endpoint, [1])[0]["model"] == "back"

    def test_restarted_server_resumes_a_deployment_under_the_same_operation(self, fresh_localgcp: LocalCloud) -> None:
        cloud = fresh_localgcp
        endpoint = new_endpoint(cloud)
        operation = begin_deploy(cloud, endpoint, upload_model(cloud, TINY_SLEEP="1"), "42", {"0": 100})
        assert not operation.done()
        cloud.restart(kill=True)
        assert operation.result(timeout=60).deployed_model.id == "42"
        found = endpoints_client(cloud).get_endpoint(name=endpoint)
        assert [deployed.id for deployed in found.deployed_models] == ["42"]

    def test_killed_model_server_is_restarted(self, localgcp: LocalCloud, model: str) -> None:
        endpoint = new_endpoint(localgcp)
        deploy(localgcp, endpoint, model, "1", {"0": 100})
        pid = int(predictions(localgcp, endpoint, [{"pid": True}])[0])
        psutil.Process(pid).kill()
        wait_until(lambda: is_serving(localgcp, endpoint), bool)
        assert int(predictions(localgcp, endpoint, [{"pid": True}])[0]) != pid


def is_serving(cloud: LocalCloud, endpoint: str) -> bool:
    try:
        predict(cloud, endpoint, [1])
    except ServiceUnavailable:
        return False
    return True
