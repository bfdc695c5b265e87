"""Bodies in Google's JSON form, checked by being read into Google's own messages."""

from collections.abc import Mapping
from typing import Any

from google.cloud import aiplatform_v1
from google.protobuf import json_format


def read(name: str, body: Mapping[str, Any]) -> Any:
    """Return a body as a message of Vertex AI; an unknown field or a wrong type fails."""
    kind = getattr(aiplatform_v1, name)
    message = kind()
    json_format.ParseDict(dict(body), message._pb)
    return message


def as_json(message: Any) -> dict[str, Any]:
    """Return a message as the REST API answers it."""
    found: dict[str, Any] = json_format.MessageToDict(message._pb)
    return found
