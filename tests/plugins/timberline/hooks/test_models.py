"""A bundle is registered once, whatever happens between the question and the answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.bundles import version_request
from tests.plugins.timberline.conftest import CONNECTION
from timberline.data.datasets.data_set import Task
from timberline.evaluation.evaluations import evaluation_body
from timberline.hooks.models import ModelsHook
from timberline.release.versions import Version, VersionRequest
from timberline.run.errors import InputError, ServiceUnavailable
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_UPLOAD = "aiplatform.projects.locations.models.upload"
_LIST = "aiplatform.projects.locations.models.listVersions"
_IMPORT = "aiplatform.projects.locations.models.evaluations.import"
_MERGE = "aiplatform.projects.locations.models.mergeVersionAliases"
_DELETE = "aiplatform.projects.locations.models.deleteVersion"


@pytest.fixture
def make_hook(settings: Settings, localgcp: LocalCloud, no_pause: Any) -> Iterator[Callable[[], ModelsHook]]:
    yield lambda: ModelsHook(settings.project, settings.region, CONNECTION, sleep=no_pause)
    localgcp.clear_faults()


@pytest.fixture
def hook(make_hook: Callable[[], ModelsHook]) -> ModelsHook:
    return make_hook()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> RunIdentity:
    """A run of a pipeline of the test's own, and so with models of its own."""
    return RunIdentity(request.node.nodeid, "one")


def _later(run: RunIdentity) -> RunIdentity:
    return RunIdentity(run.dag_id, "two")


def _all(hook: ModelsHook, request: VersionRequest) -> list[Version]:
    return hook.versions(hook.model_name(request.model_id))


def test_registering_twice_gives_one_version(hook: ModelsHook, settings: Settings, run: RunIdentity) -> None:
    request = version_request(settings, run)
    assert hook.register(request) == hook.register(request)
    assert len(_all(hook, request)) == 1


def test_a_version_carries_the_labels_of_run_step_and_segment_and_its_own(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    found = hook.register(version_request(settings, run))
    assert found.labels.items() >= {**run.labels("register", "3"), "metric-f1": "0_9163"}.items()
    assert found.artifact_uri.endswith("/model")


def test_the_next_run_adds_a_version_to_the_same_model_and_is_the_challenger(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = hook.register(version_request(settings, run))
    second = hook.register(version_request(settings, _later(run)))
    assert (second.model, second.is_challenger) == (first.model, True)
    assert [version.is_challenger for version in hook.versions(first.model)] == [False, True]


def test_a_run_finds_its_own_version_after_a_later_one_was_registered(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = hook.register(version_request(settings, run))
    hook.register(version_request(settings, _later(run)))
    assert hook.register(version_request(settings, run)).version == first.version
    assert len(hook.versions(first.model)) == 2


def test_a_run_that_is_repeated_after_its_promotion_does_not_become_a_candidate_again(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = hook.register(version_request(settings, run))
    hook.move_aliases(first.model, first.version, ["champion", "-candidate"])
    assert not hook.register(version_request(settings, run)).is_challenger


@pytest.mark.parametrize("is_first", [True, False])
def test_an_answer_that_is_lost_does_not_make_a_second_version(
    is_first: bool, localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    if not is_first:
        hook.register(version_request(settings, _later(run)))
    fault = localgcp.add_fault(_UPLOAD, "drop", appliesFirst=True)
    request = version_request(settings, run)
    found = hook.register(request)
    assert localgcp.fault_is_consumed(fault)
    assert hook.find(found.model, request.labels) == [found]


@pytest.mark.parametrize("is_first", [True, False])
def test_two_who_register_the_same_bundle_at_once_get_one_version(
    is_first: bool, make_hook: Callable[[], ModelsHook], settings: Settings, run: RunIdentity
) -> None:
    if not is_first:
        make_hook().register(version_request(settings, _later(run)))
    request = version_request(settings, run)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: make_hook().register(request), range(2)))
    assert found[0].version == found[1].version
    assert len(make_hook().find(found[0].model, request.labels)) == 1


def test_a_second_version_of_the_same_bundle_is_deleted_and_its_alias_goes_to_the_oldest(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    request = version_request(settings, run)
    first = hook.register(request)
    hook._upload(request)
    assert [version.is_challenger for version in hook.versions(first.model)] == [False, True]
    assert hook.register(request) == first
    assert hook.versions(first.model) == [first]


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_failure_that_passes_is_tried_again(
    status: int, localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    faults = [localgcp.add_fault(method, "error", status=status, count=2) for method in (_UPLOAD, _LIST)]
    request = version_request(settings, run)
    hook.register(request)
    assert all(localgcp.fault_is_consumed(fault) for fault in faults)
    assert len(_all(hook, request)) == 1


def test_a_service_that_never_answers_is_a_retryable_error(
    localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    localgcp.add_fault(_UPLOAD, "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable, match="register 3: Vertex AI did not answer"):
        hook.register(version_request(settings, run))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"containerSpec": {}}, "image_uri"),
        ({"artifactUri": "gs://test-project-timberline/nothing"}, "nothing"),
        ({"displayName": ""}, "display_name"),
    ],
)
def test_a_version_that_is_refused_is_a_final_error_with_the_services_words(
    change: dict[str, Any], word: str, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    request = version_request(settings, run, **change)
    with pytest.raises(InputError, match=rf"register 3: Vertex AI refuses.*{word}"):
        hook.register(request)
    assert _all(hook, request) == []


def test_without_a_model_or_an_alias_there_is_no_champion(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    request = version_request(settings, run)
    assert hook.champion(hook.model_name(request.model_id)) is None
    assert hook.champion(hook.register(request).model) is None


def test_the_champion_is_the_version_that_was_given_the_alias_last(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first, second = (hook.register(version_request(settings, each)) for each in (run, _later(run)))
    for each in (first, second):
        hook.move_aliases(each.model, each.version, ["default", "champion"])
    champion = hook.champion(first.model)
    assert champion is not None
    assert champion.version == second.version
    assert hook.version(first.model, first.version) == hook.find(first.model, run.labels("register"))[0]
    assert not hook.find(first.model, run.labels("register"))[0].aliases


def test_after_the_champion_was_deleted_there_is_none(hook: ModelsHook, settings: Settings, run: RunIdentity) -> None:
    hook.register(version_request(settings, run))
    second = hook.register(version_request(settings, _later(run)))
    hook.delete_version(hook.move_aliases(second.model, second.version, ["champion"]))
    assert hook.champion(second.model) is None


def test_aliases_that_are_as_wanted_are_not_moved_again(
    localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    found = hook.register(version_request(settings, run))
    before = len(localgcp.requests(_MERGE))
    for _ in range(2):
        moved = hook.move_aliases(found.model, found.version, ["champion", "-candidate"])
        assert set(moved.aliases) == {"default", "champion"}
    assert len(localgcp.requests(_MERGE)) == before + 1


def test_an_alias_whose_answer_is_lost_has_moved_all_the_same(
    localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    found = hook.register(version_request(settings, run))
    fault = localgcp.add_fault(_MERGE, "drop", appliesFirst=True)
    assert hook.move_aliases(found.model, found.version, ["champion", "-candidate"]).is_champion
    assert localgcp.fault_is_consumed(fault)


def test_aliases_of_a_version_that_is_gone_are_a_final_error(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    found = hook.register(version_request(settings, run))
    with pytest.raises(InputError, match="@99 does not exist any more"):
        hook.move_aliases(found.model, "99", ["champion"])


@pytest.mark.parametrize("fault", [None, {"action": "drop", "appliesFirst": True}, {"action": "error", "count": 2}])
def test_an_evaluation_is_imported_once(
    fault: dict[str, Any] | None, localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    found = hook.register(version_request(settings, run))
    body = evaluation_body({"f1": 0.9, "pr_auc": 0.8, "rows": 10}, run.run_key, Task.MULTICLASS)
    planted = localgcp.add_fault(_IMPORT, **fault) if fault else None
    for _ in range(2):
        hook.import_evaluation(found, body)
    assert planted is None or localgcp.fault_is_consumed(planted)
    (evaluation,) = hook.client.list_model_evaluations(parent=found.name)
    assert (evaluation.display_name, evaluation.metrics["auPrc"]) == (run.run_key, 0.8)


def test_each_version_has_its_own_evaluations(hook: ModelsHook, settings: Settings, run: RunIdentity) -> None:
    versions = [hook.register(version_request(settings, each)) for each in (run, _later(run))]
    for version in versions:
        hook.import_evaluation(version, evaluation_body({"f1": 0.9}, "same-name", Task.MULTICLASS))
    assert [len(hook._evaluations(version)) for version in versions] == [1, 1]


def test_a_version_that_is_gone_is_deleted_without_complaint(
    localgcp: LocalCloud, hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    hook.register(version_request(settings, run))
    second = hook.register(version_request(settings, _later(run)))
    fault = localgcp.add_fault(_DELETE, "drop", appliesFirst=True)
    for _ in range(2):
        hook.delete_version(second)
    assert localgcp.fault_is_consumed(fault)
    assert [version.version for version in hook.versions(second.model)] == ["1"]


def test_a_model_goes_with_all_its_versions(hook: ModelsHook, settings: Settings, run: RunIdentity) -> None:
    found, _ = (hook.register(version_request(settings, each)) for each in (run, _later(run)))
    for _ in range(2):
        hook.delete_model(found.model)
    assert hook.versions(found.model) == []


def test_the_default_version_is_not_deleted_before_the_others(
    hook: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = hook.register(version_request(settings, run))
    hook.register(version_request(settings, _later(run)))
    with pytest.raises(InputError, match=r"deleting .*@1: Vertex AI refuses"):
        hook.delete_version(first)
