"""Online predictions of Vertex AI endpoints."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from timberline.release.endpoint_state import Answer
from timberline.run.services import Connection, Service, endpoint

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import PredictionServiceClient

_CALL_TIMEOUT_S = 60.0


class PredictionsHook:
    """Sends prediction requests to the endpoints of one region."""

    def __init__(self, region: str, connection: Connection) -> None:
        self._region = region
        self._connection = connection

    @cached_property
    def client(self) -> "PredictionServiceClient":
        """Google's client, over REST."""
        from google.cloud.aiplatform_v1 import PredictionServiceClient

        target = endpoint(Service.VERTEX, self._region, self._connection)
        return PredictionServiceClient(
            credentials=target.credentials, transport=target.transport, client_options=target.client_options
        )

    def predict(self, name: str, instances: Sequence[Any]) -> Answer:
        """Send one request to an endpoint. Errors are not handled: another request may reach another deployment.

        Args:
            name: the endpoint's resource name.
            instances: the rows, each a JSON value.
        """
        from google.protobuf.json_format import MessageToDict, ParseDict
        from google.protobuf.struct_pb2 import Value

        values = [ParseDict(instance, Value()) for instance in instances]
        answer = self.client.predict(endpoint=name, instances=values, timeout=_CALL_TIMEOUT_S, retry=None)
        predictions = MessageToDict(type(answer).pb(answer)).get("predictions", [])
        return Answer(deployed_model=answer.deployed_model_id, predictions=tuple(predictions))
