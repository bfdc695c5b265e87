"""Polls a long-running operation while a task is deferred."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from timberline.jobs.waiting import WaitReason
from timberline.run.compat import in_thread
from timberline.run.services import Connection
from timberline.run.transience import brief, is_transient, jittered


class OperationTrigger(BaseTrigger):
    """Fires once: when an operation of an endpoint has ended, the deadline has passed, or polling has failed.

    The event has the reason, the operation and the deadline: the task asks the service again. Polls run in a thread
    with the same synchronous client as everywhere else. Stopping the task leaves the operation alone: the next try
    finds the operation.

    Args:
        operation: the name of the operation; None where the name is unknown: the trigger then fires after one pause.
        project, region, gcp_conn_id, impersonation_chain: where the endpoint is, and who calls.
        deadline_s: the deadline, in seconds since the epoch.
        pause_s: the seconds between two polls.
    """

    def __init__(
        self,
        *,
        operation: str | None,
        project: str,
        region: str,
        gcp_conn_id: str,
        impersonation_chain: str | Sequence[str] | None,
        deadline_s: float,
        pause_s: float = 10.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operation = operation
        self.project = project
        self.region = region
        self.connection = Connection(gcp_conn_id=gcp_conn_id, impersonation_chain=impersonation_chain)
        self.deadline_s = deadline_s
        self.pause_s = pause_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments. They are a wire format: arguments may be added, never removed."""
        chain = self.connection.impersonation_chain
        return (
            "timberline.triggers.operation.OperationTrigger",
            {
                "operation": self.operation,
                "project": self.project,
                "region": self.region,
                "gcp_conn_id": self.connection.gcp_conn_id,
                "impersonation_chain": chain if chain is None or isinstance(chain, str) else list(chain),
                "deadline_s": self.deadline_s,
                "pause_s": self.pause_s,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the wait is over."""
        try:
            while True:
                left_s = self.deadline_s - time.time()
                if left_s <= 0:
                    yield self._event(WaitReason.DEADLINE)
                    return
                await asyncio.sleep(min(jittered(self.pause_s), left_s))
                if self.operation is None or await in_thread(self._is_over, self.operation):
                    yield self._event(WaitReason.FINISHED)
                    return
        except Exception as error:
            self.log.exception("the operation cannot be watched")
            yield self._event(WaitReason.ERROR, message=str(error))

    def _is_over(self, operation: str) -> bool:
        from timberline.hooks.endpoints import EndpointsHook

        try:
            return EndpointsHook(self.project, self.region, self.connection).operation(operation).done
        except Exception as error:
            if not is_transient(error):
                raise
            self.log.warning("%s: the service does not answer (%s); polling again", operation, brief(error))
            return False

    def _event(self, reason: WaitReason, **details: str) -> TriggerEvent:
        told = {"reason": reason.value, "operation": self.operation, "deadline_s": self.deadline_s, **details}
        return TriggerEvent(told)  # type: ignore[no-untyped-call]
