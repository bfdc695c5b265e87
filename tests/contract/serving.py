"""What the tests of endpoints and predictions share: models served by the tiny server, and their deployment."""

from pathlib import Path
from typing import Any

from google.cloud.aiplatform_v1 import EndpointServiceClient, ModelServiceClient, PredictionServiceClient
from google.protobuf import json_format, struct_pb2

from tests.contract.training import parent, rest
from tests.local_cloud import LocalCloud

_SOURCE = Path(__file__).with_name("tiny_server.py").read_text()
_TIMEOUT_S = 300.0
RESOURCES = {"machine_spec": {"machine_type": "n1-standard-2"}, "min_replica_count": 1}


def endpoints_client(cloud: LocalCloud) -> EndpointServiceClient:
    return EndpointServiceClient(**rest(cloud))


def container(name: str = "", **changes: Any) -> dict[str, Any]:
    """Return a ModelContainerSpec of the tiny server; entries of `env` as keyword arguments in capitals."""
    env = {"TINY_NAME": name} | {key: changes.pop(key) for key in list(changes) if key.isupper()}
    return {
        "image_uri": "python:3.11",
        "command": ["python", "-c", _SOURCE],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "predict_route": "/predict",
        "health_route": "/health",
        **changes,
    }


def upload_model(cloud: LocalCloud, name: str = "", parent_model: str = "", **changes: Any) -> str:
    """Register a model and return its resource name with `@VERSION`."""
    model = {"display_name": name or "tiny", "container_spec": container(name, **changes)}
    request = {"parent": parent(cloud), "model": model, "parent_model": parent_model}
    found = ModelServiceClient(**rest(cloud)).upload_model(request=request).result(timeout=_TIMEOUT_S)
    return f"{found.model}@{found.model_version_id}"


def new_endpoint(cloud: LocalCloud, endpoint_id: str = "", **fields: Any) -> str:
    request = {
        "parent": parent(cloud),
        "endpoint": {"display_name": "endpoint", **fields},
        "endpoint_id": endpoint_id,
    }
    return str(endpoints_client(cloud).create_endpoint(request=request).result(timeout=_TIMEOUT_S).name)


def begin_deploy(
    cloud: LocalCloud, endpoint: str, model: str, deployed_id: str = "", split: dict[str, int] | None = None
) -> Any:
    """Return the operation of a deployment."""
    deployed = {"model": model, "id": deployed_id, "dedicated_resources": RESOURCES}
    return endpoints_client(cloud).deploy_model(endpoint=endpoint, deployed_model=deployed, traffic_split=split or {})


def deploy(
    cloud: LocalCloud, endpoint: str, model: str, deployed_id: str = "", split: dict[str, int] | None = None
) -> Any:
    """Deploy a model and return the DeployedModel."""
    return begin_deploy(cloud, endpoint, model, deployed_id, split).result(timeout=_TIMEOUT_S).deployed_model


def predict(cloud: LocalCloud, endpoint: str, instances: list[Any], parameters: Any = None) -> Any:
    """Return the PredictResponse."""
    values = [json_format.ParseDict(instance, struct_pb2.Value()) for instance in instances]
    given = {} if parameters is None else {"parameters": json_format.ParseDict(parameters, struct_pb2.Value())}
    return PredictionServiceClient(**rest(cloud)).predict(endpoint=endpoint, instances=values, **given)


def predictions(cloud: LocalCloud, endpoint: str, instances: list[Any]) -> list[Any]:
    """Return the predictions as plain values."""
    found = predict(cloud, endpoint, instances)
    return [json_format.MessageToDict(value) for value in type(found).pb(found).predictions]
