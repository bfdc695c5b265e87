"""What every step does when it fails, and when a person has to know."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import DAG, BaseNotifier
from airflow.serialization import serialized_objects

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.hooks.failures import read_failure_notes
from timberline.hooks.storage import StorageHook
from timberline.notifiers.alert import AlertNotifier
from timberline.operators.step import StepOperator
from timberline.run.alerts import Alert, AlertEvent
from timberline.run.compat import AirflowFailException, AirflowSkipException, AirflowTaskTimeout
from timberline.run.errors import DataError, ServiceUnavailable
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


class _Step(StepOperator):
    """Does what the test says."""

    def __init__(self, *, act: Callable[["_Step"], object], segment: str | None = "3", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.act = act
        self.segment = segment

    def work(self, run: RunIdentity) -> object:
        return self.act(self)


class _Keeper(BaseNotifier):
    """Keeps what it is told, as a template of a user's."""

    template_fields = ("message",)

    def __init__(self, message: str = "{{ alert.event }}: {{ alert.text }}") -> None:
        super().__init__()
        self.message = message
        self.told: list[str] = []

    def notify(self, context: Any) -> None:
        self.told.append(self.message)


class _Broken(BaseNotifier):
    def notify(self, context: Any) -> None:
        raise ConnectionError("https://hooks.example.com/secret")


def _raising(error: BaseException) -> Callable[[_Step], object]:
    def act(_step: _Step) -> object:
        raise error

    return act


def _alerting(step: _Step) -> object:
    step.alert(AlertEvent.REJECTED, "too low")
    return "done"


def _notes(run: RunIdentity, settings: Settings) -> list[FailureNote]:
    return read_failure_notes(StorageHook(settings.project, settings.region, CONNECTION), run, settings.bucket)


@pytest.mark.parametrize(
    ("error", "raised", "final"),
    [
        (DataError("no rows"), AirflowFailException, True),
        (ServiceUnavailable("no answer"), ServiceUnavailable, False),
        (KeyError("x"), KeyError, False),
        (AirflowTaskTimeout("an hour"), AirflowTaskTimeout, False),
    ],
)
def test_a_failed_step_of_a_segment_leaves_a_note(
    error: BaseException, raised: type[BaseException], final: bool, run: RunIdentity, settings: Settings
) -> None:
    with pytest.raises(raised):
        _Step(task_id="tune", act=_raising(error)).execute(context_of(run))
    (note,) = _notes(run, settings)
    assert (note.step, note.segment, note.type, note.final) == ("tune", "3", type(error).__name__, final)
    assert note.error == str(error)


@pytest.mark.parametrize(
    ("segment", "error"), [(None, DataError("no rows")), ("", DataError("no rows")), ("3", AirflowSkipException())]
)
def test_a_skipped_step_or_one_of_all_segments_leaves_none(
    segment: str | None, error: Exception, run: RunIdentity, settings: Settings
) -> None:
    with pytest.raises((AirflowFailException, AirflowSkipException)):
        _Step(task_id="tune", act=_raising(error), segment=segment).execute(context_of(run))
    assert _notes(run, settings) == []


def test_a_try_that_succeeds_takes_the_note_back(run: RunIdentity, settings: Settings) -> None:
    with pytest.raises(ServiceUnavailable):
        _Step(task_id="tune", act=_raising(ServiceUnavailable("no answer"))).execute(context_of(run))
    _Step(task_id="tune", act=lambda _step: "done").execute(context_of(run, try_number=2))
    assert _notes(run, settings) == []


def test_a_note_that_cannot_be_written_hides_nothing(
    run: RunIdentity, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBERLINE_BUCKET", "test-project-nowhere")
    with pytest.raises(AirflowFailException, match="no rows"):
        _Step(task_id="tune", act=_raising(DataError("no rows"))).execute(context_of(run))


def test_a_step_in_a_task_group_has_the_name_of_its_task_alone() -> None:
    assert _Step(task_id="release.deploy", act=_alerting).step == "deploy"


def test_an_alert_is_logged_once_and_told_to_every_notifier(run: RunIdentity, logged: Callable[[], str]) -> None:
    keeper = _Keeper()
    step = _Step(task_id="gate", act=_alerting, notifiers=[AlertNotifier(), _Broken(), keeper])
    assert step.execute(context_of(run)) == "done"
    (found,) = re.findall(r"timberline\.alert (\{.*\})", logged())
    event = json.loads(found)
    assert (event["event"], event["segment"], event["reason"]) == ("rejected", "3", "too low")
    assert (event["run_key"], event["task"]) == (run.run_key, "gate")
    alert = Alert(**{**event, "event": AlertEvent.REJECTED})
    assert keeper.told == [f"rejected: {alert.text}"]


def test_what_a_notifier_raises_is_not_repeated_with_its_address(run: RunIdentity, logged: Callable[[], str]) -> None:
    step = _Step(task_id="gate", act=_alerting, notifiers=[_Broken()])
    step.execute(context_of(run))
    assert "_Broken did not deliver an alert: ConnectionError" in logged()


def test_a_dag_with_notifiers_can_be_serialized() -> None:
    with DAG("alerts", schedule=None, default_args={"on_failure_callback": AlertNotifier()}) as dag:
        _Step(task_id="gate", act=_alerting, notifiers=[AlertNotifier()])
        _Step.partial(task_id="mapped", act=_alerting, notifiers=[AlertNotifier("channel")]).expand(segment=["1", "2"])
    # Airflow 3.3 has a class of its own for the conversion.
    serialization = getattr(serialized_objects, "DagSerialization", serialized_objects.SerializedDAG)
    found = json.dumps(serialization.to_dict(dag))
    assert serialization.from_dict(json.loads(found)).task_ids == ["gate", "mapped"]


def test_alerts_need_no_cloud(localgcp: LocalCloud, run: RunIdentity) -> None:
    before = len(localgcp.requests())
    _Step(task_id="gate", act=_alerting).execute(context_of(run))
    assert len(localgcp.requests()) == before
