"""A version takes over or is rolled back, and whoever asks is answered all the time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.released import TRAINED, Pipeline
from timberline.evaluation.gate import Action
from timberline.hooks.endpoints import EndpointsHook
from timberline.hooks.models import ModelsHook
from timberline.hooks.predictions import PredictionsHook
from timberline.release.ids import Serving
from timberline.release.results import Challenger
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.errors import ServiceUnavailable

_UPDATE = "aiplatform.projects.locations.endpoints.patch"
_UNDEPLOY = "aiplatform.projects.locations.endpoints.undeployModel"
_ALIASES = "aiplatform.projects.locations.models.mergeVersionAliases"


class Killed(BaseException):
    """The worker died here."""


def _canary(
    pipeline: Pipeline, answer: float = TRAINED
) -> tuple[Challenger, Challenger, dict[str, Any], dict[str, Any]]:
    """Return a champion, and a challenger that is deployed and tested beside it."""
    champion = pipeline.release("1")
    challenger = pipeline.registered("2", answer)
    deployment = pipeline.deploy("2", challenger, champion.version)
    return champion, challenger, deployment, pipeline.smoke("2", challenger, deployment)


@contextmanager
def _asking(pipeline: Pipeline) -> Iterator[list[Any]]:
    """Ask the endpoint all the time; yields the failures."""
    served = pipeline.served()
    assert served is not None
    failures: list[Any] = []
    stop = threading.Event()

    def ask() -> None:
        hook = PredictionsHook(pipeline.settings.region, CONNECTION)
        while not stop.is_set():
            try:
                hook.predict(served.name, [{"Elevation": 2500}])
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield failures
    finally:
        stop.set()
        thread.join()


def test_a_promoted_version_serves_alone_and_has_the_aliases(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    with _asking(pipeline) as failures:
        outcome = pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert failures == []
    assert outcome == {"segment": "3", "version": challenger.version, "endpoint": deployment["endpoint"]}
    assert pipeline.split() == {challenger.version: 100}
    aliases = {each.version: set(each.aliases) for each in pipeline.models.versions(challenger.model)}
    assert aliases == {champion.version: set(), challenger.version: {"champion", "default"}}


def test_further_aliases_go_to_the_promoted_version(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    pipeline.models.move_aliases(champion.model, champion.version, ["v01"])
    pipeline.promote("2", challenger, deployment, smoke, champion.version, aliases=["v01", "v02"])
    aliases = {each.version: set(each.aliases) for each in pipeline.models.versions(challenger.model)}
    assert aliases == {champion.version: set(), challenger.version: {"champion", "default", "v01", "v02"}}


def test_a_version_that_is_rolled_back_gets_none_of_them(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline, 0.75)
    pipeline.models.move_aliases(champion.model, champion.version, ["v01"])
    with pytest.raises(AirflowFailException, match="taken from"):
        pipeline.promote("2", challenger, deployment, smoke, champion.version, aliases=["v01"])
    found = pipeline.models.version(champion.model, "v01")
    assert found is not None
    assert found.version == champion.version


def test_a_version_that_answers_wrongly_is_rolled_back_and_nobody_notices(
    pipeline: Pipeline, logged: Callable[[], str]
) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline, 0.75)
    with (
        _asking(pipeline) as failures,
        pytest.raises(AirflowFailException, match=r"taken from .*0.750000, expected 0.2"),
    ):
        pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert failures == []
    assert pipeline.split() == {champion.version: 100}
    assert pipeline.champion() == champion.version
    assert '"event": "rolled_back"' in logged()


def test_a_version_that_was_not_tested_is_rolled_back(pipeline: Pipeline) -> None:
    champion, challenger, deployment, _ = _canary(pipeline)
    with pytest.raises(AirflowFailException, match="not smoke tested"):
        pipeline.promote("2", challenger, deployment, None, champion.version)
    assert pipeline.split() == {champion.version: 100}


@pytest.mark.parametrize("method", [_UPDATE, _UNDEPLOY, _ALIASES])
def test_a_lost_answer_changes_nothing(method: str, pipeline: Pipeline, cloud: LocalCloud) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    fault = cloud.add_fault(method, "drop", appliesFirst=True)
    pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert cloud.fault_is_consumed(fault)
    assert pipeline.split() == {challenger.version: 100}
    assert pipeline.champion() == challenger.version


@pytest.mark.parametrize(
    ("hook", "call"), [(EndpointsHook, "set_traffic"), (ModelsHook, "move_aliases"), (EndpointsHook, "undeploy")]
)
@pytest.mark.parametrize("answered", [False, True])
def test_a_task_that_is_killed_leaves_an_endpoint_that_answers_and_its_next_try_goes_on(
    hook: type, call: str, answered: bool, pipeline: Pipeline
) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    real = getattr(hook, call)

    def dies(*args: Any, **kwargs: Any) -> None:
        if answered:
            real(*args, **kwargs)
        raise Killed

    with pytest.MonkeyPatch.context() as patch, _asking(pipeline) as failures:
        patch.setattr(hook, call, dies)
        with pytest.raises(Killed):
            pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert failures == []
    assert sum(pipeline.split().values()) == 100
    pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert pipeline.split() == {challenger.version: 100}
    assert pipeline.champion() == challenger.version


def test_a_version_that_was_compared_with_a_former_one_is_not_promoted(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    between = pipeline.registered("3")
    pipeline.make_champion(between)
    words = rf"compared with version {champion.version}, but version {between.version} is in service now; clear"
    with pytest.raises(AirflowFailException, match=words):
        pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert challenger.version not in pipeline.split()
    assert pipeline.champion() == between.version


def test_repeating_a_promotion_changes_nothing(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    first = pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert pipeline.promote("2", challenger, deployment, smoke, champion.version) == first
    assert pipeline.split() == {challenger.version: 100}


def test_a_version_in_service_stays_even_if_a_later_test_fails(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    pipeline.promote("2", challenger, deployment, smoke, champion.version)
    with pytest.raises(AirflowFailException, match="is in service, and stays: it answers nonsense"):
        pipeline.promote("2", challenger, deployment, smoke | {"problem": "it answers nonsense"}, champion.version)
    assert pipeline.split() == {challenger.version: 100}


def test_without_serving_only_the_aliases_move(pipeline: Pipeline) -> None:
    pipeline.serving = Serving.NONE
    challenger = pipeline.registered("1")
    outcome = pipeline.promote("1", challenger, None, None)
    assert outcome == {"segment": "3", "version": challenger.version, "endpoint": None}
    assert pipeline.champion() == challenger.version


def test_a_rejected_version_is_skipped(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    decision = pipeline.decision(challenger, action=Action.REJECTED)
    with pytest.raises(AirflowSkipException, match="did not pass the gate"):
        pipeline.promote("1", challenger, None, None, decision=decision)
    assert pipeline.champion() is None


def test_a_service_that_does_not_answer_is_tried_again_later(
    pipeline: Pipeline, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    monkeypatch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.0)
    cloud.add_fault(_UPDATE, "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable):
        pipeline.promote("2", challenger, deployment, smoke, champion.version)
    cloud.clear_faults()
    assert pipeline.split() == {champion.version: 90, challenger.version: 10}
    pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert pipeline.champion() == challenger.version


def test_a_version_that_served_on_while_another_was_promoted_elsewhere_leaves_too(pipeline: Pipeline) -> None:
    """A run without an endpoint moves the aliases alone; what its version replaced goes with the next promotion."""
    pipeline.release("1")
    pipeline.make_champion(pipeline.registered("2"))
    third = pipeline.release("3")
    assert pipeline.split() == {third.version: 100}


def test_a_newer_version_of_another_run_stays(pipeline: Pipeline) -> None:
    champion, challenger, deployment, smoke = _canary(pipeline)
    newer = pipeline.registered("3")
    pipeline.deploy("3", newer, champion.version)
    pipeline.promote("2", challenger, deployment, smoke, champion.version)
    assert pipeline.split() == {challenger.version: 100, newer.version: 0}
