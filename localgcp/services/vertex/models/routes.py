"""The model registry over HTTP: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models."""

from typing import Any

from localgcp.core.http.messages import answer
from localgcp.core.http.operations import operation_handlers
from localgcp.core.http.routing import Handler, Request
from localgcp.services.vertex.models.store import ModelStore

_MODELS = "aiplatform.projects.locations.models"
_EVALUATIONS = f"{_MODELS}.evaluations"
_LIST_PARAMETERS = ("filter", "orderBy", "pageSize", "pageToken", "readMask")


def handlers(store: ModelStore) -> dict[str, Handler]:
    """Return the methods of models, for the service `aiplatform`."""
    return {**_model_handlers(store), **_version_handlers(store), **_evaluation_handlers(store)}


def _model_handlers(store: ModelStore) -> dict[str, Handler]:
    def patch(request: Request) -> dict[str, Any]:
        found = store.patch(request.params["name"], request.json(), request.one("updateMask") or "")
        return answer(request, "Model", found)

    def list_models(request: Request) -> dict[str, Any]:
        return _models(request, store.list_models(request.params["parent"], _query(request)))

    return {
        f"{_MODELS}.upload": lambda request: store.upload(request.params["parent"], request.json()),
        f"{_MODELS}.get": lambda request: answer(request, "Model", store.get(request.params["name"])),
        f"{_MODELS}.list": list_models,
        f"{_MODELS}.patch": patch,
        f"{_MODELS}.delete": lambda request: store.delete(request.params["name"]),
        **operation_handlers(store.operations, f"{_MODELS}.operations"),
    }


def _version_handlers(store: ModelStore) -> dict[str, Handler]:
    def merge(request: Request) -> dict[str, Any]:
        return answer(request, "Model", store.merge_aliases(request.params["name"], request.json()))

    return {
        f"{_MODELS}.listVersions": lambda request: _models(
            request, store.list_versions(request.params["name"], _query(request))
        ),
        f"{_MODELS}.deleteVersion": lambda request: store.delete_version(request.params["name"]),
        f"{_MODELS}.mergeVersionAliases": merge,
    }


def _evaluation_handlers(store: ModelStore) -> dict[str, Handler]:
    kind, evaluations = "ModelEvaluation", store.evaluations

    def list_evaluations(request: Request) -> dict[str, Any]:
        found = evaluations.list_evaluations(request.params["parent"], _query(request))
        return found | {"modelEvaluations": [answer(request, kind, item) for item in found["modelEvaluations"]]}

    return {
        f"{_EVALUATIONS}.import": lambda request: answer(
            request, kind, evaluations.import_evaluation(request.params["parent"], request.json())
        ),
        f"{_EVALUATIONS}.get": lambda request: answer(request, kind, evaluations.get(request.params["name"])),
        f"{_EVALUATIONS}.list": list_evaluations,
    }


def _query(request: Request) -> dict[str, str | None]:
    return {name: request.one(name) for name in _LIST_PARAMETERS}


def _models(request: Request, found: dict[str, Any]) -> dict[str, Any]:
    return found | {"models": [answer(request, "Model", model) for model in found["models"]]}
