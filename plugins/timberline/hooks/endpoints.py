"""Vertex AI endpoints: creation, deployment of versions, traffic, deletion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.hooks.operations import OperationStatus, settled_operation, watched_operation
from timberline.hooks.vertex import CALL_TIMEOUT_S, PAGE_SIZE, VertexHook, labels_filter, refusals
from timberline.hooks.vertex_messages import read_endpoint
from timberline.release.endpoint_state import ServedEndpoint
from timberline.release.traffic import Split, without
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.transience import brief, is_transient, pauses

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import DeployedModel, EndpointServiceClient

_log = getLogger(__name__)
_OPERATION_S = 900.0  # creating, undeploying and deleting take minutes at most
_PATIENT_TRIES = 10  # while another operation on the endpoint ends


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployRequest:
    """The request to deploy a version on an endpoint.

    Attributes:
        endpoint: the endpoint's resource name.
        deployed_model: the id of the new deployment: at most ten digits.
        model: `projects/.../models/<id>@<version>`.
        display_name: the name that consoles show.
        dedicated_resources: machines and replicas, in Google's JSON form.
        options: further fields of the DeployedModel, e.g. `enableAccessLogging`, in Google's JSON form.
    """

    endpoint: str
    deployed_model: str
    model: str
    display_name: str
    dedicated_resources: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)


class EndpointsHook(VertexHook):
    """The endpoints of one project and region."""

    @cached_property
    def client(self) -> "EndpointServiceClient":
        """Google's client, over REST."""
        from google.cloud.aiplatform_v1 import EndpointServiceClient

        return self._make_client(EndpointServiceClient)

    def endpoint_name(self, endpoint_id: str) -> str:
        """Return the resource name of an endpoint."""
        return f"{self.parent}/endpoints/{endpoint_id}"

    def ensure_endpoint(
        self, endpoint_id: str, display_name: str, labels: Mapping[str, str], description: str = ""
    ) -> ServedEndpoint:
        """Return an endpoint, created if it does not exist. Concurrent calls create the same endpoint.

        Raises:
            InputError: the service refuses the endpoint.
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import Conflict

        name = self.endpoint_name(endpoint_id)
        body: Any = {"display_name": display_name, "labels": dict(labels), "description": description}

        def create() -> None:
            started = self.client.create_endpoint(
                parent=self.parent, endpoint=body, endpoint_id=endpoint_id, timeout=CALL_TIMEOUT_S, retry=None
            )
            self._settle(started.operation.name)
            _log.info("created %s", name)

        for pause in pauses():
            if (found := self.endpoint(name)) is not None:
                return found
            self._attempt(create, f"endpoint {endpoint_id}", pause, passing=(Conflict,))
        raise ServiceUnavailable(f"{name} was created but is not listed; try again later")

    def endpoint(self, name: str) -> ServedEndpoint | None:
        """Return an endpoint, or None if it does not exist.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import NotFound

        try:
            return read_endpoint(self._called(self.client.get_endpoint, name, name=name))
        except NotFound:
            return None

    def endpoints(self, labels: Mapping[str, str]) -> list[ServedEndpoint]:
        """Return the endpoints that carry all these labels.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        page = {"parent": self.parent, "filter": labels_filter(labels), "page_size": PAGE_SIZE}
        return [
            read_endpoint(message)
            for message in self._called(
                lambda **call: list(self.client.list_endpoints(**call)), "endpoints", request=page
            )
        ]

    def start_deploy(self, request: DeployRequest) -> str | None:
        """Start to deploy a version without giving it requests, and return the operation.

        The caller chooses the id of the deployment, so that a second call never deploys twice.

        Returns:
            The operation; None if the version is deployed, or an earlier call still deploys it.

        Raises:
            InputError: the service refuses the deployment.
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import Conflict

        deploy, message = self.client.deploy_model, _deployed_model(request)
        try:
            with refusals(f"{request.model}: Vertex AI refuses", passing=(Conflict,)):
                started = self._called(deploy, request.endpoint, endpoint=request.endpoint, deployed_model=message)
        except Conflict:
            return None
        name: str = started.operation.name
        return name

    def operation(self, name: str, *, patience_s: float = 0.0) -> OperationStatus:
        """Return the status of an operation when it has ended, or after `patience_s` seconds.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        return watched_operation(self.client, name, patience_s=patience_s, sleep=self._sleep)

    def set_traffic(self, name: str, change: Callable[[ServedEndpoint], Split]) -> ServedEndpoint:
        """Change the traffic split of an endpoint. Concurrent changes are never overwritten.

        Args:
            name: the endpoint.
            change: returns the wanted split for the endpoint's present state; called again after a conflict.

        Raises:
            InputError: the endpoint does not exist, or the service refuses the split.
            ServiceUnavailable: the service did not answer, or other changes went on for too long.
        """
        from google.api_core.exceptions import Conflict, FailedPrecondition

        for pause in pauses():
            found = self.endpoint(name)
            if found is None:
                raise InputError(f"{name} does not exist any more; clear the task that deploys to it")
            wanted = change(found)
            if wanted == found.split:
                return found
            self._attempt(partial(self._update, found, wanted), name, pause, passing=(Conflict, FailedPrecondition))
        raise ServiceUnavailable(f"{name}: its traffic cannot be changed; try again later")

    def undeploy(self, name: str, deployed_model: str, *, fallback: str | None = None) -> bool:
        """Move the requests of a deployment to others, undeploy it, and return whether it was there.

        Args:
            name: the endpoint.
            deployed_model: the id of the deployment.
            fallback: the id of the deployment that gets all requests if no other deployment gets any.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import Conflict, FailedPrecondition, NotFound

        def undeploy() -> None:
            started = self.client.undeploy_model(
                endpoint=name, deployed_model_id=deployed_model, timeout=CALL_TIMEOUT_S, retry=None
            )
            self._settle(started.operation.name)
            _log.info("%s: undeployed %s", name, deployed_model)

        was_there = False
        for pause in pauses(_PATIENT_TRIES):
            found = self.endpoint(name)
            if found is None or not found.has(deployed_model):
                return was_there
            was_there = True
            # Vertex AI undeploys the last deployment with its requests; any other deployment must have none.
            if found.split.get(deployed_model) and len(found.deployed) > 1:
                self.set_traffic(name, lambda now: without(now.split, deployed_model, _present(now, fallback)))
            self._attempt(undeploy, name, pause, passing=(NotFound, Conflict, FailedPrecondition))
        raise ServiceUnavailable(f"{name}: {deployed_model} cannot be undeployed; try again later")

    def delete_endpoint(self, name: str) -> bool:
        """Delete an endpoint with its deployments, and return whether it was there.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        from google.api_core.exceptions import Conflict, FailedPrecondition, NotFound

        def delete() -> None:
            self._settle(self.client.delete_endpoint(name=name, timeout=CALL_TIMEOUT_S, retry=None).operation.name)
            _log.info("deleted %s", name)

        was_there = False
        for pause in pauses(_PATIENT_TRIES):
            found = self.endpoint(name)
            if found is None:
                return was_there
            was_there = True
            for each in found.deployed:
                self.undeploy(name, each.id)
            # A deployment that was running may have completed meanwhile.
            self._attempt(delete, name, pause, passing=(NotFound, Conflict, FailedPrecondition))
        raise ServiceUnavailable(f"{name} cannot be deleted; try again later")

    def _attempt(
        self,
        call: Callable[[], object],
        what: str,
        pause: float,
        *,
        passing: tuple[type[Exception], ...],
    ) -> None:
        """Call once. After a transient failure, wait: the caller checks the state and may try again.

        Raises:
            InputError: the service refuses the request.
        """
        try:
            with refusals(f"{what}: Vertex AI refuses", passing=passing):
                call()
        except Exception as error:
            if not isinstance(error, passing) and not is_transient(error):
                raise
            _log.warning("%s: %s; checking again", what, brief(error))
            self._sleep(pause)

    def _settle(self, operation: str) -> None:
        status = settled_operation(self.client, operation, patience_s=_OPERATION_S, sleep=self._sleep)
        if status.error is not None:
            # The caller checks the endpoint, whose state says more than the operation.
            raise ServiceUnavailable(f"{operation} failed: {status.error}")

    def _update(self, found: ServedEndpoint, split: Split) -> None:
        update = {"name": found.name, "etag": found.etag, "traffic_split": split}
        request: Any = {"endpoint": update, "update_mask": {"paths": ["traffic_split"]}}
        self.client.update_endpoint(request=request, timeout=CALL_TIMEOUT_S, retry=None)
        _log.info("%s: traffic %s, before %s", found.name, split, dict(found.split))


def _present(found: ServedEndpoint, deployed_model: str | None) -> str | None:
    return deployed_model if deployed_model is not None and found.has(deployed_model) else None


def _deployed_model(request: DeployRequest) -> "DeployedModel":
    from google.cloud.aiplatform_v1 import DeployedModel
    from google.protobuf.json_format import ParseDict

    message = DeployedModel(id=request.deployed_model, model=request.model, display_name=request.display_name)
    fields = {**request.options, "dedicatedResources": dict(request.dedicated_resources)}
    ParseDict(fields, DeployedModel.pb(message))
    return message
