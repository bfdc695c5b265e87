"""Undeploys versions, and deletes endpoints."""

from collections.abc import Sequence
from typing import Any

from timberline.operators.step import StepOperator
from timberline.run.identity import RunIdentity


class _EndpointOperator(StepOperator):
    """The base class of operators that work on one endpoint."""

    template_fields: Sequence[str] = (*StepOperator.template_fields, "endpoint")

    def __init__(self, *, endpoint: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint


class UndeployModelOperator(_EndpointOperator):
    """Moves the requests of a version to others and undeploys the version, if it is deployed.

    Args:
        endpoint: (templated) `projects/.../locations/.../endpoints/<id>`.
        deployed_model: (templated) the id of the deployment on the endpoint.

    Returns:
        Whether the version was deployed.
    """

    template_fields: Sequence[str] = (*_EndpointOperator.template_fields, "deployed_model")

    def __init__(self, *, deployed_model: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deployed_model = deployed_model

    def work(self, run: RunIdentity) -> bool:  # noqa: ARG002
        """Undeploy the version."""
        return self.cloud.endpoints.undeploy(self.endpoint, self.deployed_model)


class DeleteEndpointOperator(_EndpointOperator):
    """Deletes an endpoint with its deployments, if it exists.

    Args:
        endpoint: (templated) `projects/.../locations/.../endpoints/<id>`.

    Returns:
        Whether the endpoint existed.
    """

    def work(self, run: RunIdentity) -> bool:  # noqa: ARG002
        """Delete the endpoint."""
        return self.cloud.endpoints.delete_endpoint(self.endpoint)
