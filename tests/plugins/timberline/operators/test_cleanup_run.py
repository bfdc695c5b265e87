"""What a run has no more use for goes; what serves, and what is another's, stays."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import custom, status_of
from tests.plugins.timberline.released import SEGMENT, Pipeline
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.states import JobState
from timberline.operators.cleanup_run import CleanupRunOperator
from timberline.operators.undeploy_model import DeleteEndpointOperator, UndeployModelOperator
from timberline.release.ids import Serving
from timberline.release.results import Deployment
from timberline.release.traffic import promoted
from timberline.run.compat import AirflowFailException
from timberline.run.errors import ServiceUnavailable
from timberline.run.identity import RUN_LABEL
from timberline.run.settings import Settings

_NOTHING: dict[str, list[str]] = {"jobs": [], "deployments": [], "endpoints": [], "versions": []}


def _clean(pipeline: Pipeline, run_id: str, keep_versions: int = 5) -> dict[str, list[str]]:
    operator = CleanupRunOperator(task_id="cleanup", segments=[SEGMENT, "4"], keep_versions=keep_versions)
    return dict(operator.execute(context_of(pipeline.run(run_id))))


@pytest.fixture
def jobs(pipeline: Pipeline) -> Iterator[VertexJobsHook]:
    hook = VertexJobsHook(pipeline.settings.project, pipeline.settings.region, CONNECTION)
    yield hook
    for run_id in ("1", "2"):
        hook.cancel(status.ref for status in hook.find({RUN_LABEL: pipeline.run(run_id).run_key}))


def test_a_canary_that_was_not_promoted_goes_and_its_requests_with_it(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2")
    pipeline.deploy("2", challenger, champion.version)
    assert len(_clean(pipeline, "2")["deployments"]) == 1
    assert pipeline.split() == {champion.version: 100}


def test_a_version_that_has_all_requests_but_not_the_alias_gives_them_back(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2")
    deployment = Deployment.from_json(pipeline.deploy("2", challenger, champion.version))
    pipeline.hook.set_traffic(deployment.endpoint, lambda now: promoted(now.split, deployment.deployed_model))
    _clean(pipeline, "2")
    assert pipeline.split() == {champion.version: 100}


def test_a_promoted_version_stays(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    assert _clean(pipeline, "1") == _NOTHING
    assert pipeline.split() == {champion.version: 100}


def test_the_canary_of_another_run_stays(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2")
    pipeline.deploy("2", challenger, champion.version)
    assert _clean(pipeline, "3") == _NOTHING
    assert pipeline.split() == {champion.version: 90, challenger.version: 10}


def test_the_runs_own_endpoint_goes_with_what_serves_there(pipeline: Pipeline) -> None:
    pipeline.serving = Serving.EPHEMERAL
    first, second = pipeline.registered("1"), pipeline.registered("2")
    pipeline.deploy("1", first)
    pipeline.deploy("2", second)
    assert len(_clean(pipeline, "1")["endpoints"]) == 1
    assert pipeline.served("1") is None
    assert pipeline.served("2") is not None


def test_jobs_of_the_run_that_are_live_are_cancelled(pipeline: Pipeline, jobs: VertexJobsHook) -> None:
    own = jobs.submit_once(custom(pipeline.run("1"), "--hang")).ref
    other = jobs.submit_once(custom(pipeline.run("2"), "--hang")).ref
    assert _clean(pipeline, "1")["jobs"] == [own.name]
    assert status_of(jobs, own).state in (JobState.CANCELLING, JobState.CANCELLED)
    assert not status_of(jobs, other).state.is_final


def test_old_versions_go_unless_something_names_or_serves_them(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    versions = [pipeline.registered(str(number)).version for number in range(2, 6)]
    removed = _clean(pipeline, "5", keep_versions=2)["versions"]
    assert [name.rpartition("@")[2] for name in removed] == versions[:2]
    left = [each.version for each in pipeline.models.versions(champion.model)]
    assert left == [champion.version, *versions[2:]]


def test_cleaning_again_finds_nothing(pipeline: Pipeline) -> None:
    pipeline.serving = Serving.EPHEMERAL
    pipeline.deploy("1", pipeline.registered("1"))
    _clean(pipeline, "1")
    assert _clean(pipeline, "1") == _NOTHING


def test_a_run_that_made_nothing_is_cleaned(pipeline: Pipeline) -> None:
    operator = CleanupRunOperator(task_id="cleanup", segments=None)
    assert operator.execute(context_of(pipeline.run("1"))) == _NOTHING


def test_a_pipeline_of_one_model_names_it(settings: Settings, cloud: LocalCloud) -> None:
    model = V1Model(settings, "cleaned_trees")
    model.create()
    model.add("v01")
    model.add("v02", "2", canary_percent=10)

    def clean(run_id: str, **arguments: Any) -> dict[str, list[str]]:
        operator = CleanupRunOperator(task_id="cleanup", segments=["all"], **arguments)
        return dict(operator.execute(context_of(model.run(run_id))))

    assert clean("2") == _NOTHING
    assert model.split() == {"1": 90, "2": 10}
    assert clean("1", model_id="cleaned-trees") == _NOTHING
    removed = clean("2", model_id="cleaned-trees")
    assert removed["deployments"] == [f"{model.endpoint}: version 2"]
    assert model.split() == {"1": 100}
    model.models.move_aliases(model.model, "2", ["-candidate"])
    assert clean("2", model_id="cleaned-trees", keep_versions=1)["versions"] == []
    model.serving.delete_endpoint(model.endpoint)


def test_what_cannot_be_removed_does_not_keep_the_others(
    pipeline: Pipeline, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.0)
    pipeline.serving = Serving.EPHEMERAL
    pipeline.deploy("1", pipeline.registered("1"))
    cloud.add_fault("aiplatform.projects.locations.customJobs.list", "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable, match=r"(?s)some resources of the run.*jobs: "):
        _clean(pipeline, "1")
    cloud.clear_faults()
    assert pipeline.served("1") is None


def test_keeping_no_version_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(AirflowFailException, match="keep_versions: expected at least 1, found 0"):
        _clean(pipeline, "1", keep_versions=0)


def test_a_version_and_its_endpoint_are_taken_down_by_name(pipeline: Pipeline) -> None:
    deployment = Deployment.from_json(pipeline.deploy("1", pipeline.registered("1")))
    context: Any = context_of(pipeline.run("1"))
    undeploy = UndeployModelOperator(
        task_id="undeploy", endpoint=deployment.endpoint, deployed_model=deployment.deployed_model
    )
    assert [undeploy.execute(context), undeploy.execute(context)] == [True, False]
    assert pipeline.split() == {}
    delete = DeleteEndpointOperator(task_id="delete", endpoint=deployment.endpoint)
    assert [delete.execute(context), delete.execute(context)] == [True, False]
    assert pipeline.served() is None
