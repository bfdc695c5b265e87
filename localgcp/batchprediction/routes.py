"""Batch prediction over HTTP: .../vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs."""

from typing import Any

from localgcp.batchprediction.store import COLLECTION, BatchStore
from localgcp.messages import answer
from localgcp.routing import Handler, Request

_JOBS = f"aiplatform.projects.locations.{COLLECTION}"
_LIST_PARAMETERS = ("filter", "pageSize", "pageToken", "readMask")
_KIND = "BatchPredictionJob"


def handlers(store: BatchStore) -> dict[str, Handler]:
    """Return the methods of batch prediction jobs, for the service `aiplatform`."""

    def list_jobs(request: Request) -> dict[str, Any]:
        query = {name: request.one(name) for name in _LIST_PARAMETERS}
        found = store.list_jobs(request.params["parent"], query)
        return found | {COLLECTION: [answer(request, _KIND, job) for job in found[COLLECTION]]}

    def cancel(request: Request) -> dict[str, Any]:
        store.cancel(request.params["name"])
        return {}

    return {
        f"{_JOBS}.create": lambda request: answer(
            request, _KIND, store.create(request.params["parent"], request.json())
        ),
        f"{_JOBS}.get": lambda request: answer(request, _KIND, store.get(request.params["name"])),
        f"{_JOBS}.list": list_jobs,
        f"{_JOBS}.cancel": cancel,
        f"{_JOBS}.delete": lambda request: store.delete(request.params["name"]),
    }
