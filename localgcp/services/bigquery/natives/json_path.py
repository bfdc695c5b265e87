"""The JSONPath of BigQuery: `$`, `.key`, `."a key"`, `['a key']` and `[0]`."""

import re
from functools import lru_cache
from typing import Any

from localgcp.services.bigquery.natives.native import SqlError

Step = str | int
_STEP = re.compile(r"""\.(?:"((?:[^"\\]|\\.)*)"|([^.\[\]"'\s]+))|\[\s*(?:(\d+)|'([^']*)'|"([^"]*)")\s*\]""")
MISSING = object()


@lru_cache(maxsize=512)
def steps_of(path: str) -> tuple[Step, ...]:
    """Return the keys and indexes of a path.

    Raises:
        SqlError: the text is not a path.
    """
    text = path.strip()
    if text.startswith(("lax ", "strict ")):
        raise SqlError(f"localgcp does not support the mode of the JSONPath '{path}'.")
    if not text.startswith("$"):
        raise SqlError(f"JSONPath must start with '$' (got '{path}')")
    steps: list[Step] = []
    place = 1
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            raise SqlError(f"Invalid token in JSONPath at: {text[place:]}")
        index = match[3]
        key = next((group for group in (match[1], match[2], match[4], match[5]) if group is not None), "")
        steps.append(int(index) if index is not None else key)
        place = match.end()
    return tuple(steps)


def follow(value: Any, steps: tuple[Step, ...]) -> Any:
    """Return the value at the end of a path, or MISSING."""
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return MISSING
    return value
