"""Endpoints over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints."""

from typing import Any

from localgcp.core.http.messages import answer
from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Request
from localgcp.services.vertex.endpoints.serving import Serving

_ENDPOINTS = "aiplatform.projects.locations.endpoints"
_LIST_PARAMETERS = ("filter", "orderBy", "pageSize", "pageToken", "readMask")
_KIND = "Endpoint"


def handlers(serving: Serving) -> dict[str, Handler]:
    """Return the methods of endpoints, for the service `aiplatform`."""
    return {**_endpoint_handlers(serving), **_deployment_handlers(serving), **_prediction_handlers(serving)}


def _endpoint_handlers(serving: Serving) -> dict[str, Handler]:
    store = serving.store

    def create(request: Request) -> dict[str, Any]:
        return store.create(request.params["parent"], request.json(), request.one("endpointId") or "")

    def list_endpoints(request: Request) -> dict[str, Any]:
        query = {name: request.one(name) for name in _LIST_PARAMETERS}
        found = store.list_endpoints(request.params["parent"], query)
        return found | {"endpoints": [answer(request, _KIND, endpoint) for endpoint in found["endpoints"]]}

    def patch(request: Request) -> dict[str, Any]:
        found = store.patch(request.params["name"], request.json(), request.one("updateMask") or "")
        return answer(request, _KIND, found)

    return {
        f"{_ENDPOINTS}.create": create,
        f"{_ENDPOINTS}.get": lambda request: answer(request, _KIND, store.get(request.params["name"])),
        f"{_ENDPOINTS}.list": list_endpoints,
        f"{_ENDPOINTS}.patch": patch,
        f"{_ENDPOINTS}.delete": lambda request: store.delete(request.params["name"]),
        **operation_handlers(store.operations, f"{_ENDPOINTS}.operations"),
    }


def _deployment_handlers(serving: Serving) -> dict[str, Handler]:
    deployments = serving.deployments
    return {
        f"{_ENDPOINTS}.deployModel": lambda request: deployments.deploy(request.params["endpoint"], request.json()),
        f"{_ENDPOINTS}.undeployModel": lambda request: deployments.undeploy(request.params["endpoint"], request.json()),
        f"{_ENDPOINTS}.mutateDeployedModel": lambda request: deployments.mutate(
            request.params["endpoint"], request.json()
        ),
    }


def _prediction_handlers(serving: Serving) -> dict[str, Handler]:
    predictor = serving.predictor
    return {
        f"{_ENDPOINTS}.predict": lambda request: predictor.predict(request.params["endpoint"], request.body),
        f"{_ENDPOINTS}.rawPredict": lambda request: predictor.raw_predict(
            request.params["endpoint"], request.body, request.headers.get("content-type", "")
        ),
    }
