"""Cleans up after a run, as its last task, however the other tasks ended."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.operators.step import StepOperator
from timberline.release.ids import deployed_model_id, model_id
from timberline.run.compat import given
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import RUN_LABEL, RunIdentity
from timberline.run.transience import brief

if TYPE_CHECKING:
    from timberline.hooks.endpoints import EndpointsHook
    from timberline.hooks.models import ModelsHook
    from timberline.jobs.interface import RemoteJobs


class CleanupRunOperator(StepOperator):
    """Cancels a run's jobs, undeploys versions that the run did not promote, and deletes old versions.

    Use it as the teardown task of a run. It touches resources with the run's label or identity, and old versions of the
    run's models. Resources that are already gone count as removed. A resource that cannot be removed does not prevent
    the removal of others. Tables and files stay: a task that is cleared needs them.

    Args:
        segments: (templated) the run's segments.
        keep_versions: (templated) how many of the newest versions of each model are kept. Older versions are kept while
            they have an alias or are deployed.
        model_id: (templated) the id of the model and endpoint of a pipeline that trains one model; None for the
            pipeline's own models and endpoints of each segment.

    Returns the names of the removed resources: `jobs`, `deployments`, `endpoints`, `versions`.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "segments", "keep_versions", "model_id")

    def __init__(
        self, *, segments: Any, keep_versions: int | str = 5, model_id: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.model_id = model_id
        self.segments = segments
        self.keep_versions = keep_versions

    def work(self, run: RunIdentity) -> dict[str, list[str]]:
        """Remove what the run no longer needs.

        Raises:
            InputError: `keep_versions` is below 1.
            ServiceUnavailable: something could not be removed.
        """
        keep = int(self.keep_versions)
        if keep < 1:
            raise InputError(f"keep_versions: expected at least 1, found {keep}")
        owned = {str(segment): self.model_id or model_id(run.dag_id, str(segment)) for segment in given(self.segments)}
        jobs = self.cloud.jobs
        serving = self.cloud.endpoints
        models = self.cloud.models
        steps: dict[str, Callable[[], Iterator[str]]] = {
            "jobs": lambda: _cancel_jobs(jobs, run),
            "deployments": lambda: _undeploy_unpromoted(serving, models, run, owned),
            "endpoints": lambda: _delete_endpoints(serving, run),
            "versions": lambda: _delete_old_versions(models, owned.values(), keep),
        }
        removed = {kind: self._removed(kind, step) for kind, step in steps.items()}
        if problems := [problem for _, problem in removed.values() if problem]:
            raise ServiceUnavailable("\n".join(["some resources of the run could not be removed:", *problems]))
        return {kind: names for kind, (names, _) in removed.items()}

    def _removed(self, kind: str, step: Callable[[], Iterator[str]]) -> tuple[list[str], str | None]:
        """Return the names that a step removed, and why it could not remove all; None if it did."""
        names: list[str] = []
        try:
            for name in step():
                self.log.info("%s: removed %s", kind, name)
                names.append(name)
        except Exception as error:  # the other steps still run; the task fails in the end
            self.log.warning("%s: %s", kind, brief(error))
            return names, f"{kind}: {brief(error)}"
        return names, None


def _cancel_jobs(jobs: "RemoteJobs", run: RunIdentity) -> Iterator[str]:
    for status in jobs.find({RUN_LABEL: run.run_key}):
        if not status.state.is_final and jobs.cancel([status.ref]):
            yield status.ref.name


def _undeploy_unpromoted(
    serving: "EndpointsHook", models: "ModelsHook", run: RunIdentity, owned: Mapping[str, str]
) -> Iterator[str]:
    """Undeploy the run's versions that were not promoted. The version in service gets their requests."""
    for segment, each_id in owned.items():  # a permanent endpoint has the id of its model
        served = serving.endpoint(serving.endpoint_name(each_id))
        if served is None:
            continue
        model = models.model_name(each_id)
        own = [each for each in served.deployed if each.id == deployed_model_id(run, segment, each.version)]
        champion = models.champion(model) if own else None
        fallbacks = served.deployments_of(model, champion.version) if champion else []
        for each in own:
            if each.id not in fallbacks and serving.undeploy(
                served.name, each.id, fallback=next(iter(fallbacks), None)
            ):
                yield f"{served.name}: version {each.version}"


def _delete_endpoints(serving: "EndpointsHook", run: RunIdentity) -> Iterator[str]:
    for served in serving.endpoints({RUN_LABEL: run.run_key}):
        if serving.delete_endpoint(served.name):
            yield served.name


def _delete_old_versions(models: "ModelsHook", model_ids: Iterable[str], keep: int) -> Iterator[str]:
    for each in model_ids:
        versions = models.versions(models.model_name(each))
        for version in versions[:-keep]:
            if not version.aliases and not version.deployed:
                models.delete_version(version)
                yield version.name
