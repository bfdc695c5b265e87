"""Online predictions of deployed models, through the official clients."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, InternalServerError, NotFound, ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import aiplatform
from google.cloud.aiplatform import jobs
from google.cloud.aiplatform_v1 import ModelServiceClient

from tests.contract.serving import (
    RESOURCES,
    container,
    deploy,
    endpoints_client,
    new_endpoint,
    predict,
    predictions,
    upload_model,
)
from tests.contract.training import parent, rest, upload
from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def endpoint(localgcp: LocalCloud) -> str:
    """One model with all of the traffic."""
    name = new_endpoint(localgcp, "served")
    deploy(localgcp, name, upload_model(localgcp, "one"), "1", {"0": 100})
    return name


def variable(cloud: LocalCloud, endpoint: str, name: str) -> Any:
    return predictions(cloud, endpoint, [{"variable": name}])[0]


class TestPredict:
    def test_answers_instances_in_their_order(self, localgcp: LocalCloud, endpoint: str) -> None:
        found = predictions(localgcp, endpoint, [1, "two", [3, 4.5], {"five": None}])
        assert [prediction["instance"] for prediction in found] == [1, "two", [3, 4.5], {"five": None}]

    def test_passes_parameters(self, localgcp: LocalCloud, endpoint: str) -> None:
        found = predict(localgcp, endpoint, [1], {"threshold": 0.5})
        assert dict(found.predictions[0])["parameters"] == {"threshold": 0.5}

    def test_response_names_the_deployed_model(self, localgcp: LocalCloud, endpoint: str) -> None:
        found = predict(localgcp, endpoint, [1])
        assert (found.deployed_model_id, found.model_version_id, found.model_display_name) == ("1", "1", "one")
        assert found.model == endpoints_client(localgcp).get_endpoint(name=endpoint).deployed_models[0].model

    def test_error_text_of_the_model_is_passed_on(self, localgcp: LocalCloud, endpoint: str) -> None:
        for status, error in ((404, BadRequest), (422, BadRequest), (500, InternalServerError)):
            with pytest.raises(error, match="the model's own words"):
                predict(localgcp, endpoint, [{"status": status}])
        with pytest.raises(ServiceUnavailable, match="the model's own words"):
            predict(localgcp, endpoint, [{"status": 503}])

    def test_model_whose_process_was_killed_is_unavailable(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        deploy(localgcp, name, upload_model(localgcp), "1", {"0": 100})
        with pytest.raises(ServiceUnavailable):
            predict(localgcp, name, [{"crash": True}])

    def test_endpoint_without_traffic_is_refused(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        with pytest.raises(BadRequest, match="doesn't have traffic_split"):
            predict(localgcp, name, [1])

    def test_prediction_of_an_unknown_endpoint_is_not_found(self, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            predict(localgcp, f"{parent(localgcp)}/endpoints/none", [1])

    def test_request_over_the_limit_is_refused(self, localgcp: LocalCloud, endpoint: str) -> None:
        with pytest.raises(BadRequest, match=r"exceeds 1\.500MB limit"):
            predict(localgcp, endpoint, ["x" * 1_500_000])

    def test_no_instances_are_refused(self, localgcp: LocalCloud, endpoint: str) -> None:
        with pytest.raises(BadRequest, match="instances"):
            predict(localgcp, endpoint, [])

    def test_unknown_field_is_refused(self, localgcp: LocalCloud, endpoint: str) -> None:
        reply = AuthorizedSession(AnonymousCredentials()).post(
            f"{localgcp.base_url}/v1/{endpoint}:predict", json={"instances": [1], "instance": 2}
        )
        assert (reply.status_code, reply.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
        assert 'Unknown name "instance"' in reply.json()["error"]["message"]

    def test_requests_of_many_threads_are_answered(self, localgcp: LocalCloud, endpoint: str) -> None:
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda number: predictions(localgcp, endpoint, [number])[0]["instance"], range(64)))
        assert found == list(range(64))


class TestTraffic:
    def test_requests_are_shared_by_the_split(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        model = upload_model(localgcp)
        deploy(localgcp, name, model, "1", {"0": 100})
        deploy(localgcp, name, model, "2", {"0": 20, "1": 80})
        asked = [predict(localgcp, name, [1]).deployed_model_id for _ in range(20)]
        assert Counter(asked) == {"1": 16, "2": 4}
        assert Counter(asked[:5]) == {"1": 4, "2": 1}

    def test_new_split_applies_from_the_next_request(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        model = upload_model(localgcp)
        deploy(localgcp, name, model, "1", {"0": 100})
        deploy(localgcp, name, model, "2")
        changed = {"name": name, "traffic_split": {"2": 100}}
        endpoints_client(localgcp).update_endpoint(endpoint=changed, update_mask={"paths": ["traffic_split"]})
        assert {predict(localgcp, name, [1]).deployed_model_id for _ in range(4)} == {"2"}

    def test_split_with_a_model_that_is_not_deployed_is_refused(self, localgcp: LocalCloud, endpoint: str) -> None:
        changed = {"name": endpoint, "traffic_split": {"8": 100}}
        with pytest.raises(BadRequest, match=r"\[8\] do not exist"):
            endpoints_client(localgcp).update_endpoint(endpoint=changed, update_mask={"paths": ["traffic_split"]})

    def test_requests_under_way_are_answered_before_the_process_ends(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp)
        deploy(localgcp, name, upload_model(localgcp), "1", {"0": 100})
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(predict, localgcp, name, [{"seconds": 1}])
            while not slow.running():
                pass
            predict(localgcp, name, [1])  # by now the slow one has been sent
            endpoints_client(localgcp).undeploy_model(endpoint=name, deployed_model_id="1").result(timeout=60)
            assert slow.result().deployed_model_id == "1"


class TestContainer:
    def test_variables_are_those_of_vertex(self, localgcp: LocalCloud) -> None:
        upload(localgcp, "model/model.txt", b"the model")
        name = new_endpoint(localgcp, "variables")
        model = {
            "display_name": "variables",
            "container_spec": container(MINE="$(AIP_MODE) of $(UNKNOWN)", LATER="$(MINE)$$(MINE)"),
            "artifact_uri": "gs://sources/model",
        }
        models = ModelServiceClient(**rest(localgcp))
        uploaded = models.upload_model(parent=parent(localgcp), model=model).result(timeout=60)
        deploy(localgcp, name, uploaded.model, "31", {"0": 100})
        expected = {
            "AIP_MODE": "PREDICTION",
            "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
            "AIP_ENDPOINT_ID": "variables",
            "AIP_DEPLOYED_MODEL_ID": "31",
            "AIP_PREDICT_ROUTE": "/predict",
            "AIP_HEALTH_ROUTE": "/health",
            "AIP_MACHINE_TYPE": RESOURCES["machine_spec"]["machine_type"],
            "STORAGE_EMULATOR_HOST": localgcp.base_url,
            "UVICORN_HOST": "127.0.0.1",
            "MINE": "PREDICTION of $(UNKNOWN)",
            "LATER": "PREDICTION of $(UNKNOWN)$(MINE)",
        }
        assert {name_: variable(localgcp, name, name_) for name_ in expected} == expected
        assert variable(localgcp, name, "AIP_STORAGE_URI").startswith("gs://")

    def test_routes_have_the_defaults_of_vertex(self, localgcp: LocalCloud) -> None:
        name = new_endpoint(localgcp, "defaults")
        deploy(localgcp, name, upload_model(localgcp, predict_route="", health_route=""), "3", {"0": 100})
        assert variable(localgcp, name, "AIP_HEALTH_ROUTE") == "/v1/endpoints/defaults/deployedModels/3"
        assert variable(localgcp, name, "AIP_PREDICT_ROUTE") == "/v1/endpoints/defaults/deployedModels/3:predict"


class TestRawPredict:
    def test_raw_prediction_passes_body_and_response_unchanged(self, localgcp: LocalCloud, endpoint: str) -> None:
        reply = AuthorizedSession(AnonymousCredentials()).post(
            f"{localgcp.base_url}/v1/{endpoint}:rawPredict", data=b"1,2", headers={"content-type": "text/csv"}
        )
        assert (reply.status_code, reply.content) == (200, b"raw 1,2")
        assert reply.headers["x-vertex-ai-deployed-model-id"] == "1"

    def test_raw_prediction_turns_an_error_of_the_model_into_googles(self, localgcp: LocalCloud, endpoint: str) -> None:
        reply = AuthorizedSession(AnonymousCredentials()).post(
            f"{localgcp.base_url}/v1/{endpoint}:rawPredict", json={"instances": [{"status": 418}]}
        )
        assert (reply.status_code, reply.json()["error"]["message"]) == (400, "the model's own words")


class TestSdk:
    @pytest.fixture(autouse=True)
    def _sdk(self, localgcp: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        # The SDK polls every five seconds.
        monkeypatch.setattr(jobs, "_JOB_WAIT_TIME", 0.02)
        aiplatform.init(
            project=localgcp.project,
            location="europe-west1",
            api_transport="rest",
            api_endpoint=localgcp.base_url,
            credentials=AnonymousCredentials(),
        )

    def test_sdk_deploys_predicts_and_undeploys(self, localgcp: LocalCloud) -> None:
        first, second = upload_model(localgcp, "first"), upload_model(localgcp, "second")
        endpoint = aiplatform.Endpoint.create(display_name="sdk", labels={"by": "sdk"})
        endpoint.deploy(aiplatform.Model(first), machine_type="n1-standard-2")
        endpoint.deploy(aiplatform.Model(second), machine_type="n1-standard-2", traffic_percentage=50)
        found = [endpoint.predict(instances=[[1, 2]]) for _ in range(2)]
        assert sorted(answer.predictions[0]["model"] for answer in found) == ["first", "second"]
        assert len(endpoint.list_models()) == 2
        endpoint.undeploy_all()
        endpoint.delete()
        assert not aiplatform.Endpoint.list(filter="labels.by=sdk")

    def test_batch_job_writes_its_predictions(self, localgcp: LocalCloud) -> None:
        upload(localgcp, "sdk/rows.jsonl", b"[1, 2]\n[3, 4]\n")
        job = aiplatform.Model(upload_model(localgcp, "sdk")).batch_predict(
            job_display_name="sdk",
            gcs_source="gs://sources/sdk/rows.jsonl",
            gcs_destination_prefix="gs://sources/sdk",
            machine_type="n1-standard-2",
        )
        assert job.completion_stats.successful_count == 2
        lines = [blob.name for blob in job.iter_outputs() if "prediction.results" in blob.name]
        assert lines[0].endswith("/prediction.results-00000-of-00001")
