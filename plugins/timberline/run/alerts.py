"""What a person is told when a run needs one: a failure, a rejected challenger, a release that was rolled back. Pure.

An alert is one log line, `timberline.alert {...}`, whatever else becomes of it. In Cloud Logging a log-based alert
finds it with the filter `"timberline.alert"`, and its kind with `"timberline.alert" "rolled_back"`.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

EVENT_PREFIX = "timberline.alert"
_REASON_CHARACTERS = 2000
_LINE_CHARACTERS = 300


class AlertEvent(StrEnum):
    """What happened; the values are a wire format."""

    FAILED = "failed"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"


_WORDS = {
    AlertEvent.FAILED: "failed",
    AlertEvent.REJECTED: "rejected its challenger",
    AlertEvent.ROLLED_BACK: "rolled its release back",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One thing that a person should know.

    Attributes:
        event: what happened.
        dag_id, run_id, run_key: in which run.
        task: the task; None for what concerns all of them.
        segment: which of the parallel models; None for all of them.
        reason: why, as the task says it.
        try_number: the try of the task; None where it is not known.
    """

    event: AlertEvent
    dag_id: str
    run_id: str
    run_key: str
    task: str | None
    segment: str | None
    reason: str
    try_number: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the event for machines; a long reason is cut."""
        return {**asdict(self), "event": self.event.value, "reason": self.reason[:_REASON_CHARACTERS]}

    @property
    def text(self) -> str:
        """One line for a chat: what happened, where, and the first line of the reason."""
        where = ".".join([self.dag_id, *([self.task] if self.task else [])])
        segment = f" (segment {self.segment})" if self.segment else ""
        first = next(iter(self.reason.strip().splitlines()), "no reason given")
        reason = first if len(first) <= _LINE_CHARACTERS else f"{first[:_LINE_CHARACTERS]}..."
        return f"{where}{segment} {_WORDS[self.event]}: {reason} [run {self.run_id}]"

    @property
    def log_line(self) -> str:
        """One line for the log."""
        return f"{EVENT_PREFIX} {json.dumps(self.to_json(), sort_keys=True)}"
