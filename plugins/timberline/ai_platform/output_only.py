"""Fields that v1 filled by itself: a request's own values had no effect, and have none now. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from timberline.ai_platform.notes import Notes


def warn_of_output_only(body: Mapping[str, Any], fields: Collection[str], path: str, notes: Notes) -> None:
    """Note each field of a body that only the service fills.

    Args:
        body: a v1 body.
        fields: the service's own.
        path: where the body stands.
        notes: gets one for each.
    """
    for field in fields:
        if field in body:
            notes.warn(f"{path}.{field}", "the service fills it; the value has no effect")
