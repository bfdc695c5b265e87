"""Builds the services of one server and connects them."""

from collections.abc import Sequence
from dataclasses import dataclass

from localgcp.core.control.holds import Holds
from localgcp.core.control.lifecycle import Lifecycle
from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.app import Served
from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.processes.images.store import ImageStore
from localgcp.processes.jobs.runner import JobRunner
from localgcp.processes.launcher import ProcessLauncher
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
from localgcp.services.vertex.batch_predictions.run import Data
from localgcp.services.vertex.batch_predictions.store import COLLECTION, BatchPredictionStore
from localgcp.services.vertex.endpoints import routes as endpoint_routes
from localgcp.services.vertex.endpoints.serving import Serving
from localgcp.services.vertex.jobs.kinds import COLLECTIONS
from localgcp.services.vertex.jobs.store import TrainingJobStore
from localgcp.services.vertex.models import routes as model_routes
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.training_pipelines import routes as pipeline_routes
from localgcp.services.vertex.training_pipelines.store import PipelineStore


class BucketRefused(Exception):
    """A bucket that the user has asked for cannot be created."""


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The services on one state.

    Attributes:
        launcher: starts the processes of all services.
        runners: the runners of all jobs.
    """

    served: Served
    launcher: ProcessLauncher
    runners: Sequence[JobRunner]


def wire(settings: Settings, state: State, buckets: Sequence[str]) -> Wiring:
    """Build the services on a state, without starting them.

    Args:
        buckets: names of buckets to create if they do not exist.

    Raises:
        BucketRefused: a name is not allowed for a bucket.
    """
    CLOCK.persist_in(state)
    holds = Holds(state)
    context = Context(settings=settings, state=state, operations=Operations(state))
    storage = StorageStore(context)
    _ensure_buckets(storage, buckets)
    bigquery = BigQueryStore(context, storage)
    images = ImageStore(context)
    builds = BuildStore(context, storage, images)
    launcher = ProcessLauncher(state.folder("vertex"), settings.cpu_slots)
    training_jobs = TrainingJobStore(context, images, storage, holds, launcher)
    models = ModelStore(context, storage)
    serving = Serving(context, models, images, launcher)
    data = Data(storage=storage, bigquery=bigquery)
    batch_predictions = BatchPredictionStore(context, models, serving, data, holds)
    pipelines = PipelineStore(context, training_jobs, models)
    vertex = vertex_routes.service(
        context.operations,
        [
            vertex_routes.training_job_handlers(training_jobs),
            model_routes.handlers(models),
            endpoint_routes.handlers(serving),
            batch_routes.handlers(batch_predictions),
            pipeline_routes.handlers(pipelines),
        ],
        [launcher, training_jobs, serving, batch_predictions, pipelines],
    )
    services = [
        storage_routes.service(storage),
        bigquery_routes.service(bigquery),
        build_routes.service(builds),
        registry_routes.service(RegistryStore(context, images)),
        vertex,
        logging_routes.service(LogStore(state, training_jobs.log_sources)),
    ]
    status = {
        "jobs": lambda: [*training_jobs.status(), *batch_predictions.status()],
        "builds": builds.status,
        "endpoints": serving.store.status,
    }
    jobs = dict.fromkeys(COLLECTIONS.values(), training_jobs.runner) | {COLLECTION: batch_predictions.runner}
    served = Served(context=context, services=services, lifecycle=Lifecycle(holds, jobs), status=status)
    return Wiring(served=served, launcher=launcher, runners=[training_jobs.runner, batch_predictions.runner])


def _ensure_buckets(storage: StorageStore, names: Sequence[str]) -> None:
    for name in names:
        try:
            storage.create_bucket(name)
        except ApiError as error:
            if error.reason != "conflict":  # the bucket exists
                raise BucketRefused(f"--bucket {name}: {error.message}") from error
