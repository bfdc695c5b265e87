"""Each method of Vertex AI that the README calls supported answers an official client. A new one needs a call here."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.contract.discovery import Discovery, not_called
from tests.contract.training import jobs_client, parent, upload, wait_until
from tests.local_cloud import LocalCloud

_SOURCE = Path(__file__).with_name("tiny_server.py").read_text()
_MACHINE = {"machineSpec": {"machineType": "n1-standard-2"}}
_SERVER = {
    "imageUri": "python:3.11", "command": ["python", "-c", _SOURCE], "predictRoute": "/predict",
    "healthRoute": "/health",
}  # fmt: skip
_CUSTOM_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
_SLEEP = {"imageUri": "python:3.11", "command": ["python", "-c", "import time; time.sleep(600)"]}
_SPEC = {"workerPoolSpecs": [{**_MACHINE, "replicaCount": 1, "containerSpec": _SLEEP}]}
_STUDY = {
    "metrics": [{"metricId": "score", "goal": "MAXIMIZE"}],
    "parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": 0, "maxValue": 1}}],
}


@pytest.fixture(scope="module")
def located(discovery: Discovery) -> Any:
    return discovery("aiplatform", "v1").projects().locations()


def test_every_method_of_vertex_ai_that_is_claimed_answers(localgcp: LocalCloud, located: Any) -> None:
    where = parent(localgcp)
    tuning = {"displayName": "t", "maxTrialCount": 1, "parallelTrialCount": 1, "studySpec": _STUDY}
    operation = _call_jobs(located.customJobs(), where, {"displayName": "c", "jobSpec": _SPEC})
    _call_jobs(located.hyperparameterTuningJobs(), where, {**tuning, "trialJobSpec": _SPEC})
    model = _call_models(located.models(), where)
    _call_batches(localgcp, located.batchPredictionJobs(), model)
    _call_jobs(
        located.trainingPipelines(), where,
        {"displayName": "p", "trainingTaskDefinition": _CUSTOM_TASK, "trainingTaskInputs": _SPEC},
    )  # fmt: skip
    _call_endpoints(localgcp, located.endpoints(), model)
    _call_deletions(located.models(), model)
    # Under /v1/ this path is Cloud Build's too, whose handler answers; the Python clients of Vertex AI poll under /ui/.
    assert jobs_client(localgcp).get_operation({"name": operation}).done
    assert not_called(localgcp, "aiplatform") == set()


def _call_jobs(jobs: Any, where: str, body: dict[str, Any]) -> str:
    """Return the name of the operation of the last call."""
    name = jobs.create(parent=where, body=body).execute()["name"]
    jobs.cancel(name=name, body={}).execute()
    wait_until(lambda: jobs.get(name=name).execute(), lambda job: job["state"].endswith("_CANCELLED"))
    (found,) = [value for value in jobs.list(parent=where).execute().values() if isinstance(value, list)]
    assert [job["name"] for job in found] == [name]
    return str(jobs.delete(name=name).execute()["name"])


def _model() -> dict[str, Any]:
    return {"displayName": "covered", "containerSpec": _SERVER}


def _call_models(models: Any, where: str) -> str:
    """Call what does not delete; return the name of a model with two versions."""
    operation = models.upload(parent=where, body={"model": _model()}).execute()
    model = str(operation["response"]["model"])
    assert models.operations().get(name=operation["name"]).execute()["done"]
    models.upload(parent=where, body={"model": _model(), "parentModel": model}).execute()
    models.patch(name=model, updateMask="description", body={"description": "d"}).execute()
    assert models.get(name=model).execute()["description"] == "d"
    assert len(models.list(parent=where).execute()["models"]) == 1
    assert len(models.listVersions(name=model).execute()["models"]) == 2
    models.mergeVersionAliases(name=f"{model}@2", body={"versionAliases": ["newest"]}).execute()
    evaluation = {"metricsSchemaUri": "gs://schemas/m.yaml", "metrics": {"f1": 0.5}}
    made = models.evaluations().import_(parent=model, body={"modelEvaluation": evaluation}).execute()
    assert models.evaluations().get(name=made["name"]).execute()["metrics"] == {"f1": 0.5}
    assert len(models.evaluations().list(parent=model).execute()["modelEvaluations"]) == 1
    return model


def _call_deletions(models: Any, model: str) -> None:
    models.deleteVersion(name=f"{model}@2").execute()
    models.delete(name=model).execute()


def _call_batches(cloud: LocalCloud, jobs: Any, model: str) -> None:
    upload(cloud, "rows.jsonl", b"[1]\n")
    body = {
        "displayName": "b", "model": model, "dedicatedResources": {**_MACHINE, "startingReplicaCount": 1},
        "inputConfig": {"instancesFormat": "jsonl", "gcsSource": {"uris": ["gs://sources/rows.jsonl"]}},
        "outputConfig": {"predictionsFormat": "jsonl", "gcsDestination": {"outputUriPrefix": "gs://sources/out"}},
    }  # fmt: skip
    _call_jobs(jobs, parent(cloud), body)


def _call_endpoints(cloud: LocalCloud, endpoints: Any, model: str) -> None:
    where = parent(cloud)
    operation = endpoints.create(parent=where, endpointId="covered", body={"displayName": "e"}).execute()
    name = f"{where}/endpoints/covered"
    assert endpoints.operations().get(name=operation["name"]).execute()["done"]
    endpoints.patch(name=name, updateMask="description", body={"description": "d"}).execute()
    assert endpoints.get(name=name).execute()["description"] == "d"
    assert len(endpoints.list(parent=where).execute()["endpoints"]) == 1
    _call_predictions(endpoints, name, model)
    endpoints.delete(name=name).execute()


def _call_predictions(endpoints: Any, name: str, model: str) -> None:
    deployed = {"model": model, "id": "7", "dedicatedResources": {**_MACHINE, "minReplicaCount": 1}}
    body = {"deployedModel": deployed, "trafficSplit": {"0": 100}}
    operation = endpoints.deployModel(endpoint=name, body=body).execute()["name"]
    done = wait_until(lambda: endpoints.operations().get(name=operation).execute(), lambda found: found.get("done"))
    assert "error" not in done
    assert len(endpoints.predict(endpoint=name, body={"instances": [1, 2]}).execute()["predictions"]) == 2
    raw = {"contentType": "application/json", "data": b64encode(b'{"instances": [3]}').decode()}
    assert len(endpoints.rawPredict(endpoint=name, body={"httpBody": raw}).execute()["predictions"]) == 1
    replicas = {"id": "7", "dedicatedResources": {"minReplicaCount": 1, "maxReplicaCount": 2}}
    change = {"deployedModel": replicas, "updateMask": "dedicatedResources.maxReplicaCount"}
    endpoints.mutateDeployedModel(endpoint=name, body=change).execute()
    endpoints.undeployModel(endpoint=name, body={"deployedModelId": "7"}).execute()
    wait_until(lambda: endpoints.get(name=name).execute(), lambda found: not found.get("deployedModels"))
