"""The base class of the operators: the run, its services, final errors, failure notes and alerts."""

import time
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.definitions.context import Context

from timberline.run.alerts import Alert, AlertEvent
from timberline.run.compat import AirflowRescheduleException, AirflowSkipException, AirflowTaskTimeout
from timberline.run.edge import final_errors_end_the_task
from timberline.run.failure_notes import failure_note
from timberline.run.identity import RunIdentity
from timberline.run.services import DEFAULT_CONNECTION, Connection
from timberline.run.settings import read_settings
from timberline.run.transience import brief

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

    from timberline.hooks.cloud import Cloud


class StepOperator(BaseOperator):
    """One step of a run. Airflow does not retry it after a final error.

    When the step of a segment fails, it writes a failure note to the run's folder (`timberline.hooks.failures`), as a
    failed instance of a mapped task has no result. When a later try succeeds, it removes the note.

    Args:
        gcp_conn_id: (templated) the Airflow connection whose credentials are used.
        impersonation_chain: (templated) the accounts to impersonate, in turn.
        notifiers: send this step's alerts; their templates can use `alert`, e.g. `{{ alert.text }}`.
    """

    template_fields: Sequence[str] = ("gcp_conn_id", "impersonation_chain")

    segment: Any = None
    """The parallel model that the step works for; None for all models."""

    def __init__(
        self,
        *,
        gcp_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: str | Sequence[str] | None = None,
        notifiers: "Sequence[BaseNotifier]" = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.notifiers = notifiers
        self.failure: BaseException | None = None
        self._context: Any = {}

    @property
    def connection(self) -> Connection:
        """The connection that calls Google."""
        return Connection(gcp_conn_id=self.gcp_conn_id, impersonation_chain=self.impersonation_chain)

    @cached_property
    def cloud(self) -> "Cloud":
        """The deployment's services, called as `connection`. Only for use in `work`: templates are filled by then."""
        from timberline.hooks.cloud import Cloud

        return Cloud(read_settings(), self.connection)

    @property
    def step(self) -> str:
        """The step's name in labels and URIs: the task id without its task groups."""
        return str(self.task_id).rpartition(".")[2]

    def execute(self, context: Context) -> Any:
        """Do the step's work for the run of the context."""
        self._context = context
        run = self._run
        with final_errors_end_the_task(self.log):
            try:
                result = self.work(run)
            except (AirflowSkipException, AirflowRescheduleException):
                raise
            except (Exception, AirflowTaskTimeout) as error:
                self.failure = error
                self._write_note(run, error)
                raise
        self._remove_note(run)
        return result

    @abstractmethod
    def work(self, run: RunIdentity) -> Any:
        """Do the step's work and return its XCom value."""

    def failed_segment(self) -> str | None:
        """Return the segment that a failure concerns; None for all segments."""
        return str(self.segment) if self.segment not in (None, "") else None

    def alert(self, event: AlertEvent, reason: str, segment: str | None = None) -> None:
        """Log an alert and pass it to the notifiers. The failure of a notifier is logged.

        Args:
            event: what happened.
            reason: why it happened.
            segment: the segment that the alert concerns; None for the step's own segment.
        """
        run = self._run
        alert = Alert(
            event=event,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run.run_key,
            task=str(self.task_id),
            segment=segment or self.failed_segment(),
            reason=reason,
            try_number=self._try_number,
        )
        self.log.warning("%s", alert.log_line)
        for notifier in self.notifiers:
            try:
                notifier({**self._context, "alert": alert})
            except Exception as error:  # a failing notifier must not change the task's outcome
                # The error's text may contain the secret address of a webhook.
                self.log.error("%s did not deliver an alert: %s", type(notifier).__name__, type(error).__name__)

    @property
    def _run(self) -> RunIdentity:
        return RunIdentity(self._context["ti"].dag_id, str(self._context["run_id"]))

    @property
    def _try_number(self) -> int | None:
        return getattr(self._context["ti"], "try_number", None)

    def _write_note(self, run: RunIdentity, error: BaseException) -> None:
        """Write the failure note. If that fails, the step still fails with its own error."""
        segment = self.failed_segment()
        if segment is None:
            return
        try:
            from timberline.hooks.failures import write_failure_note

            note = failure_note(self.step, segment, error, time.time())
            write_failure_note(self.cloud.storage, run, self.cloud.settings.bucket, note)
        except Exception as second:
            self.log.warning("the failure note could not be written (%s)", brief(second))

    def _remove_note(self, run: RunIdentity) -> None:
        segment = self.failed_segment()
        if segment is None or (self._try_number or 1) == 1:
            return
        try:
            from timberline.hooks.failures import remove_failure_note

            remove_failure_note(self.cloud.storage, run, self.cloud.settings.bucket, segment, self.step)
        except Exception as error:
            self.log.warning("the failure note of an earlier try could not be removed (%s)", brief(error))
