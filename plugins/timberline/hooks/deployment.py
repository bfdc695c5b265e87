"""Bringing one version up on an endpoint, once, however often it is begun."""

import time
from collections.abc import Callable

from timberline.hooks.endpoints import DeployRequest, EndpointsHook
from timberline.run.errors import DeployFailed, InputError, ServiceUnavailable
from timberline.run.transience import jittered

_PAUSE_S = 5.0


class Deploying:
    """A deployment on its way."""

    def __init__(
        self,
        hook: EndpointsHook,
        request: DeployRequest,
        operation: str | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Args: operation: the one that an earlier part of the wait has followed."""
        self._hook = hook
        self._request = request
        self._sleep = sleep
        self.operation = operation

    def is_up(self, patience_s: float) -> bool:
        """Begin where nobody has begun, and tell whether the version is deployed, after at most `patience_s` seconds.

        Raises:
            DeployFailed: the service refuses it, or it did not come up.
            ServiceUnavailable: it failed for a reason that may pass, or the service did not answer.
        """
        if self.operation is None:
            if self._is_there():
                return True
            self.operation = self._begun()
        if self.operation is None:
            # An earlier try is deploying, and did not live to say by which operation.
            self._sleep(min(jittered(_PAUSE_S), patience_s))
            return self._is_there()
        status = self._hook.operation(self.operation, patience_s=patience_s)
        if not status.done:
            return False
        self.operation = None
        if self._is_there():
            return True
        if status.error is None or status.may_pass:
            raise ServiceUnavailable(f"{self._request.model}: {status.error or 'deployed, but not there'}")
        raise DeployFailed(status.error)

    def take_down(self, heir: str | None) -> None:
        """Leave the endpoint as it was before.

        Args:
            heir: the deployment that gets all requests where no other has any.

        Raises:
            ServiceUnavailable: the service did not answer.
        """
        self._hook.undeploy(self._request.endpoint, self._request.deployed_model, heir=heir)

    def _is_there(self) -> bool:
        found = self._hook.endpoint(self._request.endpoint)
        return found is not None and found.has(self._request.deployed_model)

    def _begun(self) -> str | None:
        try:
            return self._hook.start_deploy(self._request)
        except InputError as error:
            raise DeployFailed(str(error)) from error
