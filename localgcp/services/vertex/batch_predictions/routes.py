"""Batch prediction jobs over HTTP.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs
"""

from localgcp.core.http.routing import Handler
from localgcp.services.vertex.batch_predictions.store import BatchPredictionStore
from localgcp.services.vertex.job_routes import job_handlers


def handlers(store: BatchPredictionStore) -> dict[str, Handler]:
    """Return the methods of batch prediction jobs, for the service `aiplatform`."""
    return job_handlers(
        store.jobs, store.operations, create=store.create, cancel=store.runner.cancel, delete=store.jobs.delete
    )
