"""Reads instances from files as gcloud's `predict` did, and builds v1's answers. Pure."""

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
    """Read one instance per line, which may be any JSON value. Blank lines are skipped.

    Args:
        text: newline-delimited JSON, as for `--json-instances`.
        where: the name of the file in messages.
        most_instances: the largest number of instances.
        most_bytes: the largest size of the text in UTF-8.

    Raises:
        AiPlatformError: a line is not valid JSON, or there are no instances or too many.
    """
    _check_size(text, where, most_bytes)
    lines = [(number, line) for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1) if line.strip()]
    if not lines:
        raise AiPlatformError(f"{where}: expected one instance per line, found none")
    if len(lines) > most_instances:
        raise AiPlatformError(
            f"{where}: expected at most {most_instances} instances, found {len(lines)}; use a batch prediction, or "
            "several files"
        )
    return [_parse(line, f"{where}:{number}", "one JSON value per line") for number, line in lines]


def read_request(text: str, where: str, *, most_bytes: int = MOST_BYTES) -> list[Any]:
    """Return the instances of a whole request, as for `--json-request`.

    Args:
        text: `{"instances": [...]}`.
        where: the name of the file in messages.
        most_bytes: the largest size of the text in UTF-8.

    Raises:
        AiPlatformError: the text is not such a request, or it asks for a signature, which Vertex AI cannot choose.
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
    """Return the body of v1's answer.

    Args:
        predictions: one prediction per instance.
        error: why there are no predictions; the body then has only the error.
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
    raise ValueError(f"{name} is not valid JSON")


def _shown(text: str) -> str:
    short = text.strip()
    return repr(short if len(short) <= _SHOWN else f"{short[:_SHOWN]}...")
