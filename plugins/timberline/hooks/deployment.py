"""Deploys one version on an endpoint once, however often a deployment is started."""

import time
from collections.abc import Callable

from timberline.hooks.endpoints import DeployRequest, EndpointsHook
from timberline.run.errors import DeployFailed, InputError, ServiceUnavailable
from timberline.run.transience import jittered

_PAUSE_S = 5.0


class Deploying:
    """The deployment of one version, which a task may follow in several tries."""

    def __init__(
        self,
        hook: EndpointsHook,
        request: DeployRequest,
        operation: str | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Args: operation: the operation that the task followed before it was deferred."""
        self._hook = hook
        self._request = request
        self._sleep = sleep
        self.operation = operation

    def is_up(self, patience_s: float) -> bool:
        """Start the deployment unless one is running, and return whether the version is deployed.

        Args:
            patience_s: the longest time to wait, in seconds.

        Raises:
            DeployFailed: the service refuses the deployment, or the version did not become healthy.
            ServiceUnavailable: the deployment failed for a transient reason, or the service did not answer.
        """
        if self.operation is None:
            if self._is_there():
                return True
            self.operation = self._started()
        if self.operation is None:
            # An earlier try started the deployment and died before it stored the operation's name.
            self._sleep(min(jittered(_PAUSE_S), patience_s))
            return self._is_there()
        status = self._hook.operation(self.operation, patience_s=patience_s)
        if not status.done:
            return False
        self.operation = None
        if self._is_there():
            return True
        if status.error is None or status.may_pass:
            raise ServiceUnavailable(
                f"{self._request.model}: {status.error or 'the operation ended without the version'}"
            )
        raise DeployFailed(status.error)

    def take_down(self, fallback: str | None) -> None:
        """Restore the endpoint to its state before the deployment.

        Args:
            fallback: the id of the deployment that gets all requests if no other deployment gets any.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        self._hook.undeploy(self._request.endpoint, self._request.deployed_model, fallback=fallback)

    def _is_there(self) -> bool:
        found = self._hook.endpoint(self._request.endpoint)
        return found is not None and found.has(self._request.deployed_model)

    def _started(self) -> str | None:
        try:
            return self._hook.start_deploy(self._request)
        except InputError as error:
            raise DeployFailed(str(error)) from error
