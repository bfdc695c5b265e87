"""Output-only fields of AI Platform: values in a request have no effect. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from timberline.ai_platform.notes import Notes


def warn_of_output_only(body: Mapping[str, Any], fields: Collection[str], path: str, notes: Notes) -> None:
    """Add a note for each field of a body that only the service fills.

    Args:
        body: a v1 body.
        fields: the output-only fields.
        path: the path of the body in messages.
        notes: receives the notes.
    """
    for field in fields:
        if field in body:
            notes.warn(f"{path}.{field}", "the service fills it; the value has no effect")
