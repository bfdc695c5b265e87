"""Online predictions: chooses the deployed model for a request, and returns its response."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from localgcp.core.conventions.errors import (
    ApiError,
    deadline_exceeded,
    failed_precondition,
    internal,
    invalid_argument,
    unavailable,
)
from localgcp.core.http.routing import Reply, parse_json
from localgcp.services.vertex.endpoints.connections import Answer, NoAnswer, TooSlow
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.model_server import ModelServer
from localgcp.services.vertex.endpoints.records import EndpointRecords, Resource
from localgcp.services.vertex.endpoints.traffic import Balancer

_MOST_BYTES = 1_500_000
_TIMEOUT_S = (
    60.0  # https://cloud.google.com/vertex-ai/docs/predictions/get-online-predictions#online_predict_custom_trained
)
_REQUEST_FIELDS = frozenset({"instances", "parameters", "labels", "endpoint"})
_JSON = "application/json"


class Predictor:
    """Sends requests to the models of endpoints, without writing any state."""

    def __init__(self, records: EndpointRecords, fleet: Fleet) -> None:
        self._records = records
        self._fleet = fleet
        self._balancers: dict[str, Balancer] = {}
        self._lock = threading.Lock()

    def predict(self, name: str, body: bytes) -> Resource:
        """Return the predictions for the instances of a PredictRequest, and the model that made them.

        Raises:
            ApiError: 404 for the endpoint; 400 for a malformed request, an endpoint without traffic, or instances that
                the model refuses; 500, 503 and 504 for a model that fails, does not run or takes too long.
        """
        forwarded = _forwarded(body)
        with self._model(name) as (deployed, server):
            answer = _post(server, forwarded, {"content-type": _JSON})
        return {
            **predictions_of(answer),
            "deployedModelId": deployed["id"],
            "model": deployed["model"],
            "modelVersionId": deployed["modelVersionId"],
            "modelDisplayName": deployed["displayName"],
        }

    def raw_predict(self, name: str, body: bytes, content_type: str) -> Reply:
        """Send any body to the model, and return its response unchanged.

        Raises:
            ApiError: see `predict`; the form of requests and responses is not checked.
        """
        check_size(body)
        forwarded, kind = _unwrapped(body, content_type)
        with self._model(name) as (deployed, server):
            answer = _post(server, forwarded, {"content-type": kind})
        headers = {
            "content-type": answer.content_type or _JSON,
            "x-vertex-ai-endpoint-id": name.rpartition("/")[2],
            "x-vertex-ai-deployed-model-id": deployed["id"],
        }
        return Reply(body=answer.body, headers=headers)

    @contextmanager
    def _model(self, name: str) -> Iterator[tuple[Resource, ModelServer]]:
        """Choose the model for a request by the traffic split, and reserve its server for the request."""
        while True:
            endpoint = self._records.endpoint(name)
            deployed = self._choose(endpoint)
            with self._fleet.reserve((name, deployed["id"])) as server:
                if server is not None:
                    yield deployed, server
                    return
            if endpoint is self._records.endpoint(name):
                raise unavailable(f"The DeployedModel {deployed['id']} of {name} is being started. Try again.")

    def _choose(self, endpoint: Resource) -> Resource:
        split = endpoint.get("trafficSplit", {})
        with self._lock:
            balancer = self._balancers.get(endpoint["name"])
            if balancer is None or balancer.split != split:
                balancer = self._balancers[endpoint["name"]] = Balancer(split)
            chosen = balancer.next()
        for deployed in endpoint.get("deployedModels", ()):
            if deployed["id"] == chosen:
                found: Resource = deployed
                return found
        raise failed_precondition(f"Endpoint {endpoint['name']} doesn't have traffic_split.")


def check_size(body: bytes) -> None:
    """Refuse a request that is larger than a shared endpoint accepts.

    Raises:
        ApiError: 400.
    """
    if len(body) > _MOST_BYTES:
        raise failed_precondition(f"The request size ({len(body)} bytes) exceeds 1.500MB limit.")


def predictions_of(answer: Answer) -> Resource:
    """Return `predictions` and the other fields that a PredictResponse takes from a model's response.

    Raises:
        ApiError: 500 for a response without a list of predictions.
    """
    try:
        found = json.loads(answer.body)
        return {"predictions": list(found["predictions"])} | _metadata(found)
    except (ValueError, TypeError, KeyError) as error:
        shown = answer.body[:200].decode("utf-8", "replace")
        raise internal(
            f'The model server\'s answer is not a JSON object such as {{"predictions": [...]}}; it begins {shown!r}.'
        ) from error


def refusal(answer: Answer) -> ApiError:
    """Return the error for a response of a model other than 200, with the text of the response."""
    text = answer.body.decode("utf-8", "replace") or f"The model server answered with status {answer.status}."
    if answer.status < 500:
        return invalid_argument(text)
    return {503: unavailable, 504: deadline_exceeded}.get(answer.status, internal)(text)


def _post(server: ModelServer, body: bytes, headers: Mapping[str, str]) -> Answer:
    try:
        answer = server.predict(body, headers, _TIMEOUT_S)
    except NoAnswer as error:
        raise unavailable(f"The model server does not answer: {error}. Its log: {server.log}") from error
    except TooSlow as error:
        raise deadline_exceeded(f"The model server does not answer: {error}. Its log: {server.log}") from error
    if answer.status != 200:
        raise refusal(answer)
    return answer


def _metadata(found: Mapping[str, Any]) -> Resource:
    return {"metadata": found["metadata"]} if "metadata" in found else {}


def _forwarded(body: bytes) -> bytes:
    """Check a PredictRequest, and return the body for the model: instances and parameters."""
    check_size(body)
    request = parse_json(body)
    if unknown := sorted(request.keys() - _REQUEST_FIELDS):
        raise invalid_argument(f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.')
    instances = request.get("instances")
    if not isinstance(instances, list):
        raise invalid_argument("Invalid value at 'instances': expected a list of instances.")
    if not instances:
        raise invalid_argument("instances: at least one instance is needed, and the list is empty.")
    # Parsing and writing cost more than all other steps, and most requests can be passed on unchanged.
    if request.keys() <= {"instances", "parameters"}:
        return body
    return json.dumps({key: request[key] for key in ("instances", "parameters") if key in request}).encode()


def _unwrapped(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return the body for the model: the request's own, or the HttpBody that official clients put into it."""
    if content_type.startswith(_JSON):
        try:
            request = json.loads(body)
        except ValueError:
            return body, content_type
        if isinstance(request, dict) and "httpBody" in request and request.keys() <= {"endpoint", "httpBody"}:
            inner = request["httpBody"]
            return base64.b64decode(inner.get("data", "")), inner.get("contentType") or _JSON
    return body, content_type or _JSON
