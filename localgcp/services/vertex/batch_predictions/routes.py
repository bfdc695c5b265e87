"""Batch prediction over HTTP: .../vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs."""

from localgcp.core.http.routing import Handler
from localgcp.services.vertex.batch_predictions.store import COLLECTION, BatchStore
from localgcp.services.vertex.job_routes import job_handlers


def handlers(store: BatchStore) -> dict[str, Handler]:
    """Return the methods of batch prediction jobs, for the service `aiplatform`."""
    return job_handlers(store, "BatchPredictionJob", COLLECTION, create=store.create, list_page=store.list_jobs)
