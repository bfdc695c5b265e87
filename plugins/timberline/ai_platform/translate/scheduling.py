"""Translates the scheduling of a v1 job: its limits of time. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.run.errors import AiPlatformError

_ROOT = "trainingInput.scheduling"
_SHORTEST_WAIT_S = 1800
_HIGHEST_PRIORITY = 1000


def translate_scheduling(scheduling: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """Return Vertex AI's Scheduling; empty for the defaults, which are equal on both: seven days.

    Args:
        scheduling: the v1 Scheduling.
        notes: receives the notes.

    Raises:
        AiPlatformError: a value is out of range.
    """
    _check_wait(scheduling, notes)
    _check_priority(scheduling, notes)
    timeout: str | None = scheduling.get("maxRunningTime")
    if timeout is None:
        return {}
    if _seconds(timeout) <= 0:
        raise AiPlatformError(f"{_ROOT}.maxRunningTime: expected more than 0s, found {timeout}; set it, or remove it")
    return {"timeout": timeout}


def _check_wait(scheduling: Mapping[str, Any], notes: Notes) -> None:
    wait: str | None = scheduling.get("maxWaitTime")
    if wait is None:
        return
    if _seconds(wait) < _SHORTEST_WAIT_S:
        raise AiPlatformError(f"{_ROOT}.maxWaitTime: expected {_SHORTEST_WAIT_S}s or more, found {wait}")
    notes.warn(
        f"{_ROOT}.maxWaitTime",
        f"no job is cancelled for waiting {wait} for its machines; give the sensor that follows it a deadline instead",
    )


def _check_priority(scheduling: Mapping[str, Any], notes: Notes) -> None:
    priority = int(scheduling.get("priority", 0))
    if not 0 <= priority <= _HIGHEST_PRIORITY:
        raise AiPlatformError(f"{_ROOT}.priority: expected 0 to {_HIGHEST_PRIORITY}, found {priority}")
    if priority:
        notes.warn(
            f"{_ROOT}.priority",
            "Vertex AI has no priorities; submit what is urgent first, or give it a region of its own",
        )


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
