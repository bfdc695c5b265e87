"""Files of instances as gcloud's `predict` read them, and v1's answers to them. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from timberline.run.errors import AiPlatformError

MOST_INSTANCES = 100
"""What gcloud sent at most."""
MOST_BYTES = 1_500_000
"""What v1 took at most in one request, as Vertex AI's shared endpoints do."""

_SHOWN = 60


def read_instances(
    text: str, where: str, *, most_instances: int = MOST_INSTANCES, most_bytes: int = MOST_BYTES
) -> list[Any]:
    """Read one instance a line: any JSON value. Blank lines do not count.

    Args:
        text: newline-delimited JSON, as for `--json-instances`.
        where: what messages call it: the file.
        most_instances: how many there may be.
        most_bytes: how long the text may be, in UTF-8.

    Raises:
        AiPlatformError: a line is no JSON, or there is no instance, or there are too many.
    """
    _check_size(text, where, most_bytes)
    lines = [(number, line) for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1) if line.strip()]
    if not lines:
        raise AiPlatformError(f"{where}: expected an instance a line, found none")
    if len(lines) > most_instances:
        raise AiPlatformError(
            f"{where}: expected at most {most_instances} instances, found {len(lines)}; use a batch prediction, or "
            "several files"
        )
    return [_parse(line, f"{where}:{number}", "a JSON value a line") for number, line in lines]


def read_request(text: str, where: str, *, most_bytes: int = MOST_BYTES) -> list[Any]:
    """Return the instances of a whole request, as for `--json-request`.

    Args:
        text: `{"instances": [...]}`.
        where: what messages call it: the file.
        most_bytes: how long the text may be, in UTF-8.

    Raises:
        AiPlatformError: it is no such request, or asks for a signature that Vertex AI cannot choose.
    """
    _check_size(text, where, most_bytes)
    body = _parse(text.removeprefix("\ufeff"), where, "a JSON object with instances")
    instances = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(instances, list) or not instances:
        raise AiPlatformError(f'{where}: expected {{"instances": [...]}} with an instance, found {_shown(text)}')
    for key, value in body.items():
        if key == "signature_name" and value == "serving_default":
            continue
        if key != "instances":
            raise AiPlatformError(
                f"{where}: {key}: expected instances alone, found {value!r}; Vertex AI always calls serving_default"
            )
    return instances


def v1_answer(predictions: Sequence[object] = (), *, error: str | None = None) -> dict[str, Any]:
    """Return v1's body of an answer.

    Args:
        predictions: one for each instance.
        error: why there are none; v1 says so in a body of its own.
    """
    return {"predictions": list(predictions)} if error is None else {"error": error}


def _check_size(text: str, where: str, most_bytes: int) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise AiPlatformError(
            f"{where}: expected at most {most_bytes} bytes in a request, found {size}; use a batch prediction, or "
            "several files"
        )


def _parse(text: str, where: str, expected: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "") or str(error) or "nested too deep"
        raise AiPlatformError(f"{where}: expected {expected}, found {_shown(text)}; {reason}") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _shown(text: str) -> str:
    short = text.strip()
    return repr(short if len(short) <= _SHOWN else f"{short[:_SHOWN]}...")
