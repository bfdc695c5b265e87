"""What a webhook is sent, and that a notification that fails fails nothing else."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Connection

from timberline.notifiers.alert import AlertNotifier, alert_of, webhook_url
from timberline.run.alerts import Alert, AlertEvent
from timberline.run.identity import run_key
from timberline.run.services import Service

_ALERT = Alert(
    event=AlertEvent.ROLLED_BACK,
    dag_id="dag",
    run_id="run",
    run_key="key",
    task="release.promote",
    segment="3",
    reason="an answer differs",
)


class Channel:
    """A webhook on this machine."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.refuses_events = False
        self.status = 200
        channel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                channel.bodies.append(body)
                channel.paths.append(self.path)
                status = 400 if channel.refuses_events and "event" in body else channel.status
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://192.0.2.1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    found = Channel()
    monkeypatch.setenv(
        "AIRFLOW_CONN_CHANNEL",
        json.dumps({"conn_type": "http", "host": f"http://{found.address}/services/T0/secret?key=a"}),
    )
    yield found
    found.stop()


def _callback_context(**changes: Any) -> Any:
    ti = SimpleNamespace(dag_id="dag", task_id="release.deploy", run_id="run", try_number=3)
    task = SimpleNamespace(failed_segment=lambda: "3")
    return {"ti": ti, "run_id": "run", "task": task, "exception": ValueError("no machine"), **changes}


def test_an_operators_alert_is_posted_with_text_and_event(channel: Channel, logged: Callable[[], str]) -> None:
    AlertNotifier("channel")({"alert": _ALERT})
    assert channel.bodies == [{"text": _ALERT.text, "event": _ALERT.to_json()}]
    assert channel.paths == ["/services/T0/secret?key=a"]
    assert "timberline.alert" not in logged()


def test_a_channel_that_knows_no_event_gets_the_text(channel: Channel, logged: Callable[[], str]) -> None:
    channel.refuses_events = True
    AlertNotifier("channel")({"alert": _ALERT})
    assert channel.bodies[-1] == {"text": _ALERT.text}
    assert "not delivered" not in logged()


def test_a_callback_logs_the_failure_and_posts_it(channel: Channel, logged: Callable[[], str]) -> None:
    AlertNotifier("channel")(_callback_context())
    (body,) = channel.bodies
    assert body["text"] == "dag.release.deploy (segment 3) failed: no machine [run run]"
    assert f"timberline.alert {json.dumps(body['event'], sort_keys=True)}" in logged()


def test_the_environment_names_the_connection_when_it_is_needed(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = AlertNotifier()
    notifier(_callback_context())
    assert channel.bodies == []
    monkeypatch.setenv("TIMBERLINE_ALERT_CONN_ID", "channel")
    notifier(_callback_context())
    assert len(channel.bodies) == 1


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_a_refused_notification_is_logged_without_the_address(
    status: int, channel: Channel, logged: Callable[[], str]
) -> None:
    channel.status = status
    AlertNotifier("channel")({"alert": _ALERT})
    assert f"not delivered: the webhook of the connection 'channel' answered {status}" in logged()
    assert "secret" not in logged()


def test_a_channel_that_is_away_is_logged_without_the_address(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWAY", '{"conn_type": "http", "host": "http://127.0.0.1:1/secret"}')
    AlertNotifier("away")({"alert": _ALERT})
    assert "not delivered: ConnectionError" in logged()
    assert "secret" not in logged()


def test_an_unknown_connection_is_logged(logged: Callable[[], str]) -> None:
    AlertNotifier("https://hooks.example.com/secret")({"alert": _ALERT})
    assert "an alert was not delivered: TIMBERLINE_ALERT_CONN_ID or conn_id: expected the id" in logged()
    assert "secret" not in logged()


def test_where_services_are_on_this_machine_no_other_is_called(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setenv(Service.STORAGE, "http://127.0.0.1:1")
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", '{"conn_type": "http", "host": "https://192.0.2.1/secret"}')
    AlertNotifier("cloud")({"alert": _ALERT})
    assert "the webhook of the connection 'cloud': expected an address on this machine" in logged()
    assert "secret" not in logged()


def test_a_step_tells_its_own_failure_where_airflow_does_not() -> None:
    task = SimpleNamespace(failed_segment=lambda: "3", failure=ValueError("no machine"))
    assert alert_of(_callback_context(task=task, exception=None)).reason == "no machine"
    assert alert_of(_callback_context(exception=None)).reason == "its log says why"


def test_a_callback_works_with_a_dag_that_has_no_templates(channel: Channel) -> None:
    AlertNotifier("channel")({"dag": SimpleNamespace(dag_id="dag"), "run_id": "run", "reason": "task_failure"})
    assert channel.bodies[0]["text"] == "dag failed: task_failure [run run]"


def test_the_failure_of_a_run_names_no_task() -> None:
    ti = SimpleNamespace(dag_id="dag", task_id="last", run_id="run", try_number=1)
    for context in ({"dag": SimpleNamespace(dag_id="dag")}, {"ti": ti, "task": SimpleNamespace()}):
        alert = alert_of({**context, "run_id": "run", "reason": "task_failure"})  # type: ignore[arg-type, typeddict-item]
        assert (alert.task, alert.segment, alert.reason) == (None, None, "task_failure")
        assert alert.run_key == run_key("dag", "run")


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "https://chat.example.com/v1?key=k&token=t"}, "https://chat.example.com/v1?key=k&token=t"),
        ({"host": "hooks.example.com", "schema": "https", "port": 8443}, "https://hooks.example.com:8443/"),
        ({"host": "hooks.example.com"}, "http://hooks.example.com/"),
        ({"uri": "https://hooks.example.com/services/T/B?key=k%3D"}, "https://hooks.example.com/services/T/B?key=k%3D"),
    ],
)
def test_a_connection_has_the_address_in_its_host_or_is_it(
    fields: dict[str, Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = fields.get("uri") or json.dumps({"conn_type": "http", **fields})
    monkeypatch.setenv("AIRFLOW_CONN_ONE", value)
    assert webhook_url(Connection.get("one")) == url
