"""Training pipelines over HTTP.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.trainingPipelines
"""

from typing import Any

from localgcp.messages import answer
from localgcp.routing import Handler, Request
from localgcp.trainingpipelines.store import COLLECTION, PipelineStore

_PREFIX = f"aiplatform.projects.locations.{COLLECTION}"
_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")
_KIND = "TrainingPipeline"


def handlers(store: PipelineStore) -> dict[str, Handler]:
    """Return the methods of training pipelines, for the service `aiplatform`."""

    def list_pipelines(request: Request) -> dict[str, Any]:
        found = store.list_pipelines(request.params["parent"], {name: request.one(name) for name in _LIST_PARAMETERS})
        return found | {COLLECTION: [answer(request, _KIND, item) for item in found[COLLECTION]]}

    def cancel(request: Request) -> dict[str, Any]:
        store.cancel(request.params["name"])
        return {}

    return {
        f"{_PREFIX}.create": lambda request: answer(
            request, _KIND, store.create(request.params["parent"], request.json())
        ),
        f"{_PREFIX}.get": lambda request: answer(request, _KIND, store.get(request.params["name"])),
        f"{_PREFIX}.list": list_pipelines,
        f"{_PREFIX}.cancel": cancel,
        f"{_PREFIX}.delete": lambda request: store.delete(request.params["name"]),
    }
