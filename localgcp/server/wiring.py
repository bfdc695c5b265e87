"""The services of one server, built and connected."""

from collections.abc import Sequence
from dataclasses import dataclass

from localgcp.core.control.holds import Holds
from localgcp.core.control.lifecycle import Lifecycle
from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.app import Served
from localgcp.core.http.context import Context
from localgcp.core.http.routing import Service
from localgcp.core.http.settings import Settings
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.processes.images.store import ImageStore
from localgcp.services.artifactregistry import routes as registry_routes
from localgcp.services.artifactregistry.store import RegistryStore
from localgcp.services.bigquery import routes as bigquery_routes
from localgcp.services.bigquery.store import BigQueryStore
from localgcp.services.cloudbuild import routes as build_routes
from localgcp.services.cloudbuild.store import BuildStore
from localgcp.services.cloudlogging import routes as logging_routes
from localgcp.services.cloudlogging.store import LogStore
from localgcp.services.storage.http import routes as storage_routes
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex import routes as vertex_routes
from localgcp.services.vertex.batch_predictions import routes as batch_routes
from localgcp.services.vertex.batch_predictions.store import COLLECTION, BatchStore
from localgcp.services.vertex.endpoints import routes as endpoint_routes
from localgcp.services.vertex.endpoints.serving import Serving
from localgcp.services.vertex.jobs.store import COLLECTIONS, VertexStore
from localgcp.services.vertex.models import routes as model_routes
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.training_pipelines import routes as pipeline_routes
from localgcp.services.vertex.training_pipelines.store import PipelineStore


class BucketRefused(Exception):
    """A bucket that shall exist cannot be made."""


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The services on one state, and those of their stores that the server itself calls."""

    served: Served
    vertex: VertexStore
    batches: BatchStore


def wire(settings: Settings, state: State, buckets: Sequence[str]) -> Wiring:
    """Build the services on a state; nothing runs yet.

    Args:
        buckets: buckets that shall exist.

    Raises:
        BucketRefused: one of them has a name that no bucket can have.
    """
    CLOCK.keep_in(state)
    holds = Holds(state)
    context = Context(settings=settings, state=state, operations=Operations(state))
    storage = StorageStore(context)
    _ensure_buckets(storage, buckets)
    bigquery = BigQueryStore(context, storage)
    images = ImageStore(context)
    builds = BuildStore(context, storage, images)
    vertex = VertexStore(context, images, storage, holds)
    models = ModelStore(context, storage)
    serving = Serving(context, models, images, vertex.workshop)
    batches = BatchStore(context, models, serving.fleet, storage, bigquery, holds)
    pipelines = PipelineStore(context, vertex, models)
    services = [
        storage_routes.service(storage),
        bigquery_routes.service(bigquery),
        build_routes.service(builds),
        registry_routes.service(RegistryStore(context, images)),
        _vertex_ai(vertex, models, serving, batches, pipelines),
        logging_routes.service(LogStore(state, vertex.log_sources)),
    ]
    status = {
        "jobs": lambda: [*vertex.status(), *batches.status()],
        "builds": builds.status,
        "endpoints": serving.store.status,
    }
    lifecycle = Lifecycle(holds, dict.fromkeys(COLLECTIONS.values(), vertex) | {COLLECTION: batches})
    served = Served(context=context, services=services, lifecycle=lifecycle, status=status)
    return Wiring(served=served, vertex=vertex, batches=batches)


def _vertex_ai(
    vertex: VertexStore, models: ModelStore, serving: Serving, batches: BatchStore, pipelines: PipelineStore
) -> Service:
    return vertex_routes.service(
        vertex,
        model_routes.handlers(models),
        endpoint_routes.handlers(serving),
        batch_routes.handlers(batches),
        pipeline_routes.handlers(pipelines),
        parts=[serving, batches, pipelines],
    )


def _ensure_buckets(storage: StorageStore, names: Sequence[str]) -> None:
    for name in names:
        try:
            storage.create_bucket(name)
        except ApiError as error:
            if error.reason != "conflict":  # it is there already
                raise BucketRefused(f"--bucket {name}: {error.message}") from error
