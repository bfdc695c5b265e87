"""A deployment is started once and followed to its end, over several tries."""

from typing import Any

import pytest

from timberline.hooks.deployment import Deploying
from timberline.hooks.endpoints import DeployRequest
from timberline.hooks.operations import OperationStatus
from timberline.release.endpoint_state import DeployedVersion, ServedEndpoint
from timberline.run.errors import DeployFailed, InputError, ServiceUnavailable

_REQUEST = DeployRequest(
    endpoint="endpoints/e", deployed_model="1", model="models/m@2", display_name="m", dedicated_resources={}
)


class _Endpoint:
    """The part of the endpoints' hook that a deployment needs."""

    def __init__(self) -> None:
        self.is_deployed = False
        self.started = 0
        self.start: Any = "operations/1"
        self.status = OperationStatus(name="operations/1", done=False)

    def endpoint(self, name: str) -> ServedEndpoint:
        deployed = (DeployedVersion(id="1", model="m", version="2"),) if self.is_deployed else ()
        return ServedEndpoint(name=name, etag="", deployed=deployed, split={}, labels={})

    def start_deploy(self, request: DeployRequest) -> Any:
        self.started += 1
        if isinstance(self.start, Exception):
            raise self.start
        return self.start

    def operation(self, name: str, *, patience_s: float = 0.0) -> OperationStatus:
        return self.status


@pytest.fixture
def endpoint() -> _Endpoint:
    return _Endpoint()


def _deploying(endpoint: Any, operation: str | None = None) -> Deploying:
    return Deploying(endpoint, _REQUEST, operation, sleep=lambda _: None)


def test_a_version_that_is_deployed_is_not_deployed_again(endpoint: _Endpoint) -> None:
    endpoint.is_deployed = True
    assert _deploying(endpoint).is_up(0.0)
    assert endpoint.started == 0


def test_a_deployment_is_started_once(endpoint: _Endpoint) -> None:
    deploying = _deploying(endpoint)
    assert [deploying.is_up(0.0), deploying.is_up(0.0)] == [False, False]
    assert (endpoint.started, deploying.operation) == (1, "operations/1")


def test_a_later_try_follows_the_operation_of_the_try_before_it(endpoint: _Endpoint) -> None:
    assert not _deploying(endpoint, "operations/1").is_up(0.0)
    assert endpoint.started == 0


def test_an_operation_that_ended_with_the_version_in_place_is_a_success(endpoint: _Endpoint) -> None:
    endpoint.is_deployed = True
    endpoint.status = OperationStatus(name="operations/1", done=True)
    assert _deploying(endpoint, "operations/1").is_up(0.0)


@pytest.mark.parametrize(("may_pass", "error"), [(True, ServiceUnavailable), (False, DeployFailed)])
def test_an_operation_that_failed_is_final_unless_its_cause_may_pass(
    endpoint: _Endpoint, may_pass: bool, error: type[Exception]
) -> None:
    endpoint.status = OperationStatus(name="operations/1", done=True, error="no machine", may_pass=may_pass)
    with pytest.raises(error, match="no machine"):
        _deploying(endpoint, "operations/1").is_up(0.0)


def test_a_deployment_that_another_try_started_is_waited_for(endpoint: _Endpoint) -> None:
    endpoint.start = None
    deploying = _deploying(endpoint)
    assert not deploying.is_up(0.0)
    endpoint.is_deployed = True
    assert deploying.is_up(0.0)


def test_a_refused_deployment_is_final(endpoint: _Endpoint) -> None:
    endpoint.start = InputError("no such machine")
    with pytest.raises(DeployFailed, match="no such machine"):
        _deploying(endpoint).is_up(0.0)
