"""Alerts: a step failed, the gate rejected a challenger, or a release was rolled back. Pure.

Every alert is written to the log as one line, `timberline.alert {...}`, whether or not a notifier delivers it. In Cloud
Logging the filter `"timberline.alert"` finds alerts, and `"timberline.alert" "rolled_back"` finds one kind of alert.
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
    """A message about a run for the people who own the pipeline.

    Attributes:
        event: what happened.
        dag_id, run_id, run_key: the run.
        task: the task; None where the alert concerns the whole run.
        segment: the parallel model that the alert concerns; None for all models.
        reason: why it happened, in the words of the task.
        try_number: the try of the task; None where it is unknown.
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
        """Return the alert as JSON; a long reason is cut."""
        return {**asdict(self), "event": self.event.value, "reason": self.reason[:_REASON_CHARACTERS]}

    @property
    def text(self) -> str:
        """The alert as one line for a chat: where, what happened, and the first line of the reason."""
        where = ".".join([self.dag_id, *([self.task] if self.task else [])])
        segment = f" (segment {self.segment})" if self.segment else ""
        first = next(iter(self.reason.strip().splitlines()), "no reason given")
        reason = first if len(first) <= _LINE_CHARACTERS else f"{first[:_LINE_CHARACTERS]}..."
        return f"{where}{segment} {_WORDS[self.event]}: {reason} [run {self.run_id}]"

    @property
    def log_line(self) -> str:
        """The alert as one line for the log."""
        return f"{EVENT_PREFIX} {json.dumps(self.to_json(), sort_keys=True)}"
