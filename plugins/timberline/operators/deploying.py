"""The base class of operators that deploy a version: deploying it once, and waiting until it is healthy."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.configuration import conf
from airflow.sdk.definitions.context import Context

from timberline.operators.step import StepOperator
from timberline.release.endpoint_state import short_id
from timberline.release.ids import deployed_model_id, model_id, pipeline_labels
from timberline.run.errors import DeployFailed, JobFileError
from timberline.run.identity import SEGMENT_LABEL, RunIdentity, label_value
from timberline.spec.decoding import encode
from timberline.spec.include import read_job_file

if TYPE_CHECKING:
    from timberline.hooks.endpoints import DeployRequest, EndpointsHook

_PATIENCE_S = 5.0  # a deferral costs about as many seconds of a worker


class DeployingOperator(StepOperator):
    """A step that deploys a version and waits until it is healthy.

    Args:
        deploy_timeout_s: (templated) the seconds within which the version must become healthy; retries share them.
        deferrable: whether the task waits in the triggerer.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "deploy_timeout_s")

    def __init__(
        self,
        *,
        deploy_timeout_s: float | str = 1800.0,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deploy_timeout_s = deploy_timeout_s
        self.deferrable = deferrable
        self._waited_for: Mapping[str, Any] = {}

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> Any:
        """Continue after the trigger fired; the state is read from the service again."""
        self._waited_for = event
        return self.execute(context)

    def _bring_up(self, hook: "EndpointsHook", request: "DeployRequest", champion: str | None) -> None:
        """Wait until the version is deployed; a deferrable task defers.

        Raises:
            DeployFailed: the service refuses or fails it, or the deadline has passed.
            ServiceUnavailable: it failed for a reason that may pass.
        """
        from timberline.hooks.deployment import Deploying

        deadline_s = float(self._waited_for.get("deadline_s") or time.time() + float(self.deploy_timeout_s))
        deploying = Deploying(hook, request, self._followed(request.endpoint))
        try:
            while not deploying.is_up(max(0.0, min(_PATIENCE_S, deadline_s - time.time()))):
                if time.time() >= deadline_s:
                    raise DeployFailed(f"not healthy after {float(self.deploy_timeout_s):.0f} s")
                if self.deferrable:
                    self._wait_on(deploying.operation, deadline_s)
        except DeployFailed as error:
            served = hook.endpoint(request.endpoint)
            fallbacks = served.deployments_of(request.model, champion) if served is not None else []
            deploying.take_down(fallbacks[0] if fallbacks else None)
            raise DeployFailed(
                f"{request.model} does not come up on {request.endpoint}, which serves as before: {error}"
            ) from error

    def _kept_endpoint(
        self,
        hook: "EndpointsHook",
        run: RunIdentity,
        segment: str,
        *,
        endpoint_id: str | None = None,
        display_name: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Return the name of a segment's endpoint that outlives the run; create it where it does not exist.

        The endpoint carries the pipeline's label, and not the run's: the clean-up deletes what carries the run's label.
        """
        own = pipeline_labels(run.dag_id) | {SEGMENT_LABEL: label_value(segment)}
        chosen = endpoint_id or model_id(run.dag_id, segment)
        return hook.ensure_endpoint(chosen, display_name or f"{run.dag_id} {segment}", own | dict(labels or {})).name

    def _request(self, run: RunIdentity, segment: str, version: str, endpoint: str, job_file: str) -> "DeployRequest":
        """Return the deployment of a version on an endpoint.

        Args:
            run: the run that deploys.
            segment: which of the parallel models it is.
            version: `projects/.../models/<id>@<version>`.
            endpoint: the endpoint's resource name.
            job_file: the job file below include/jobs; its `serving` has the machines.

        Raises:
            JobFileError: the job file has no `serving`.
        """
        from timberline.hooks.endpoints import DeployRequest

        spec = read_job_file(job_file).serving
        if spec is None:
            raise JobFileError(f"{job_file}: serving: expected a value, found none; or set serving to none")
        return DeployRequest(
            endpoint=endpoint,
            deployed_model=deployed_model_id(run, segment, version.rpartition("@")[2]),
            model=version,
            display_name=run.display_name(self.step, segment),
            dedicated_resources={
                "machineSpec": encode(spec.machine_spec),
                "minReplicaCount": spec.min_replica_count,
                "maxReplicaCount": spec.max_replica_count,
            },
        )

    def _followed(self, endpoint: str) -> str | None:
        """Return the operation that the task was deferred for, if it is one of this endpoint."""
        operation: str | None = self._waited_for.get("operation")
        return operation if operation and f"/endpoints/{short_id(endpoint)}/" in operation else None

    def _wait_on(self, operation: str | None, deadline_s: float) -> None:
        """Defer the task: this method does not return."""
        from timberline.triggers.operation import OperationTrigger

        settings = self.cloud.settings
        trigger = OperationTrigger(
            operation=operation,
            project=settings.project,
            region=settings.region,
            gcp_conn_id=self.gcp_conn_id,
            impersonation_chain=self.impersonation_chain,
            deadline_s=deadline_s,
        )
        self.defer(trigger=trigger, method_name="execute_complete")
