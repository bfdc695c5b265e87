"""Posts alerts to a webhook of the user."""

import os
from typing import Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseNotifier
from airflow.sdk.definitions.context import Context

from timberline.run.alerts import Alert, AlertEvent
from timberline.run.errors import SettingsError, TimberlineError
from timberline.run.identity import run_key
from timberline.run.services import check_reachable

CONNECTION_VARIABLE = "TIMBERLINE_ALERT_CONN_ID"
_TIMEOUT_S = 10.0
_BAD_REQUEST = 400


class AlertNotifier(BaseNotifier):
    """Logs an alert, and posts `{"text": ..., "event": {...}}` to a webhook.

    A webhook that answers the event with 400, as Google Chat's does, gets the text alone. A failed delivery is logged
    and changes nothing else. The webhook's address is never logged, as it usually contains a secret.

    As a callback, `on_failure_callback=AlertNotifier()`, it reports the failure of a task or of a run. Operators pass
    their own alerts under the context's key `alert`; they have logged these alerts already.

    Args:
        conn_id: an Airflow connection with the webhook's address, either whole in the field Host or as the connection
            itself (`https://host/path`). None for the connection that the environment variable
            TIMBERLINE_ALERT_CONN_ID names at the time of the notification; without it alerts are only logged.
    """

    def __init__(self, conn_id: str | None = None) -> None:
        super().__init__()
        self.conn_id = conn_id

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Do nothing: there are no templates, and not every DAG in a callback can make a template environment."""

    def notify(self, context: Context) -> None:
        """Log the alert and post it."""
        try:
            found: Any = context.get("alert")
            alert = found or alert_of(context)
            if found is None:
                self.log.error("%s", alert.log_line)
            conn_id = self.conn_id or os.environ.get(CONNECTION_VARIABLE)
            if conn_id:
                self._post(conn_id, alert)
        except Exception as error:  # a failing notifier must not change the task's outcome
            # The text of any other error may hold the address.
            why = str(error) if isinstance(error, TimberlineError) else type(error).__name__
            self.log.error("an alert was not delivered: %s", why)

    def _post(self, conn_id: str, alert: Alert) -> None:
        import requests

        url = webhook_url(_connection(conn_id))
        check_reachable(url, f"the webhook of the connection {conn_id!r}")
        _mask(url)
        text: dict[str, Any] = {"text": alert.text}
        for body in ({**text, "event": alert.to_json()}, text):
            # A redirection could lead to an address that `check_reachable` has not checked.
            status = requests.post(url, json=body, timeout=_TIMEOUT_S, allow_redirects=False).status_code
            if status != _BAD_REQUEST:
                break
        if not 200 <= status < 300:
            raise SettingsError(
                f"the webhook of the connection {conn_id!r} answered {status}, expected 200; check the connection"
            )


def alert_of(context: Context) -> Alert:
    """Return the alert of a failure from the context of a callback, of a task or of a DAG."""
    found: Any = context
    ti: Any = found.get("ti")
    dag_id = str(ti.dag_id if ti is not None else found["dag"].dag_id)
    run_id = str(found.get("run_id") or ti.run_id)
    # `airflow dags test` passes no exception; a step keeps its own.
    exception = found.get("exception") or getattr(found.get("task"), "failure", None)
    of_task = "reason" not in found
    return Alert(
        event=AlertEvent.FAILED,
        dag_id=dag_id,
        run_id=run_id,
        run_key=run_key(dag_id, run_id),
        # The context of a failed run has the run's last task, which may be unrelated to the failure.
        task=str(ti.task_id) if ti is not None and of_task else None,
        segment=_segment(found.get("task")) if of_task else None,
        reason=str(found.get("reason") or exception or "its log says why"),
        try_number=getattr(ti, "try_number", None) if of_task else None,
    )


def webhook_url(connection: Any) -> str:
    """Return the webhook's address from an Airflow connection.

    Raises:
        SettingsError: the connection has no address.
    """
    host = connection.host or ""
    if "://" in host:
        return str(host)
    # Airflow reads the path of `https://host/path?key=value` as the schema, and the query as extras.
    in_path = connection.schema not in (None, "", "http", "https")
    scheme = connection.conn_type if in_path or not connection.schema else connection.schema
    if not host or scheme not in ("http", "https"):
        raise SettingsError(
            f"the connection {connection.conn_id!r}: expected the webhook's address, https://host/path, in the field "
            "Host; correct the connection"
        )
    port = f":{connection.port}" if connection.port else ""
    path = f"/{connection.schema}" if in_path else "/"
    query = {key: value for key, value in connection.extra_dejson.items() if isinstance(value, str)} if in_path else {}
    return f"{scheme}://{host}{port}{path}" + (f"?{urlencode(query)}" if query else "")


def _connection(conn_id: str) -> Any:
    from airflow.sdk.bases.hook import BaseHook

    from timberline.run.compat import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        # The message does not repeat the id: a user may have set the secret address in place of the id.
        raise SettingsError(
            f"{CONNECTION_VARIABLE} or conn_id: expected the id of an Airflow connection, found one that does not "
            "exist; make the connection, or correct the id"
        ) from None


def _segment(task: Any) -> str | None:
    named = getattr(task, "failed_segment", None)
    return named() if callable(named) else None


def _mask(url: str) -> None:
    """Let Airflow hide the address in all logs, also in logs of the HTTP library."""
    from airflow.sdk.log import mask_secret

    parts = urlsplit(url)
    for secret in (url, f"{parts.path}?{parts.query}" if parts.query else parts.path):
        if len(secret) > 1:
            mask_secret(secret)
