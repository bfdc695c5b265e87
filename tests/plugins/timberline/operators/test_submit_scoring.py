"""The job that compares a version with the one in service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.jobs_bodies import status_of
from tests.plugins.timberline.registered import (
    arguments,
    later,
    leave_scores,
    promote,
    register,
    score,
    write_include,
)
from timberline.hooks.models import ModelsHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> RunIdentity:
    """A run of a pipeline of the test's own, and so with models of its own."""
    return RunIdentity(f"dag_{short_hash(request.node.nodeid)}", "one")


@pytest.fixture
def models(settings: Settings, cloud: LocalCloud) -> Iterator[ModelsHook]:
    yield ModelsHook(settings.project, settings.region, CONNECTION)
    cloud.clear_faults()


@pytest.mark.parametrize(("key", "act"), [("serving", register), ("scoring", None)])
def test_a_job_file_without_the_key_is_a_final_error_that_names_it(
    key: str, act: Any, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    with pytest.raises(AirflowFailException, match=rf"bare\.yaml: {key}: expected"):
        act(settings, run, "bare.yaml") if act else score(run, register(settings, run), "bare.yaml")


def test_a_first_version_is_scored_alone(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = register(settings, run)
    folder = run.step_uri(settings.bucket, "score", "3")
    assert arguments(hook, score(run, challenger)) == [
        "--of=3",
        "--test=gs://bucket/test",
        f"--challenger={challenger.artifact_uri}",
        f"--scores={folder}/scores-1-none.json",
    ]


def test_a_later_version_is_scored_against_the_one_in_service(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    champion = register(settings, run)
    promote(models, champion)
    found = arguments(hook, score(later(run), register(settings, later(run))))
    assert found[-1] == f"--champion={champion.artifact_uri}"
    assert found[-2].endswith("/scores-2-1.json")


def test_a_second_try_finds_the_job(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = register(settings, run)
    assert score(run, challenger) == score(run, challenger)
    assert len(hook._list(JobKind.CUSTOM, run.labels("score"))) == 1


def test_a_champion_that_changed_between_two_tries_is_scored_by_another_job(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first, second = register(settings, run), register(settings, later(run))
    alone = score(later(run), second)
    promote(models, first)
    compared = score(later(run), second)
    assert compared != alone
    assert f"--champion={first.artifact_uri}" in arguments(hook, compared)


@pytest.mark.parametrize("former_champion_is_there", [True, False])
def test_a_run_that_is_repeated_after_its_promotion_finds_the_job_that_scored_it(
    former_champion_is_there: bool, hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = register(settings, run)
    promote(models, first)
    second = register(settings, later(run))
    before = score(later(run), second)
    wait_until(lambda: status_of(hook, before), lambda status: status.state.is_final)
    leave_scores(settings, later(run), second, first.version)
    promote(models, second)
    if not former_champion_is_there:
        models.delete_version(models.versions(first.model)[0])
    assert score(later(run), second) == before


def test_a_version_in_service_without_a_bundle_is_a_final_error_that_says_what_to_do(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = register(settings, run)
    foreign = {"display_name": "x", "container_spec": {"image_uri": IMAGE}, "version_aliases": ["champion"]}
    request: Any = {"parent": challenger.model.rpartition("/models/")[0], "parent_model": challenger.model}
    models.client.upload_model({**request, "model": foreign}).result()
    with pytest.raises(AirflowFailException, match="@2, the version in service: expected an artifactUri, found none"):
        score(run, challenger)
